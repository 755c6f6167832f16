"""`make package` makes a small zip, the same every time, that runs on a bare interpreter."""

import json
import os
import platform
import re
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import botocore
import pytest

from infra.build.package import MACHINES
from infra.build.slim import NEVER_OPENED, SERVICES
from tests.infra.in_lambda import CALLS, REGIONS, endpoints
from tests.support.history import Sealing
from tests.support.rows import Rows
from tests.support.stage import Stage, api_event
from tests.support.streams import changed, number_of

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
HOST = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
MOST_BYTES = 7_000_000
MOST_MODULES = 377

runs_here = pytest.mark.skipif(sys.platform != "linux", reason="a package for Lambda runs on Linux only")


@dataclass(frozen=True)
class Built:
    zip: Path
    said: list[str]

    @property
    def names(self) -> list[str]:
        with ZipFile(self.zip) as packed:
            return packed.namelist()


@dataclass(frozen=True)
class Run:
    replies: list[dict[str, Any]]
    imported: dict[str, str | None]
    endpoints: list[str]

    @property
    def statuses(self) -> list[int]:
        return [reply["statusCode"] for reply in self.replies]


def _build(folder: Path, arch: str = HOST, **environ: str) -> Built:
    """Runs the command. If the package registry cannot be reached, this fails with the command's own sentence."""
    folder.mkdir(parents=True)
    run = subprocess.run(
        [sys.executable, "-m", "infra.build.package"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "STAGE": "test", "ARCH": arch, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return Built(folder / ".build" / f"test-{arch}" / "package" / "deployment.zip", run.stdout.splitlines())


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return _build(tmp_path_factory.mktemp("package") / "one", PYTHONHASHSEED="1")


@pytest.fixture(scope="session")
def unzipped(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    with ZipFile(built.zip) as packed:
        packed.extractall(folder)
    return folder


Runner = Callable[..., Run]


@pytest.fixture
def run(unzipped: Path, tmp_path: Path, stage: Stage) -> Runner:
    def in_lambda(*events: Mapping[str, Any], handler: str = "app.app", **environ: str) -> Run:
        sent = [{"handler": handler, "event": event} for event in events]
        answer = tmp_path / "answer.json"
        subprocess.run(
            [sys.executable, "-S", "-I", str(Path(__file__).with_name("in_lambda.py")), str(unzipped), str(answer)],
            input=json.dumps(sent).encode(),
            cwd=tmp_path,
            env={**stage.aws.environ, **_settings(stage), "AWS_LAMBDA_FUNCTION_NAME": "known-to-test", **environ},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return Run(**json.loads(answer.read_text()))

    return in_lambda


def _settings(stage: Stage) -> dict[str, str]:
    return {
        "KNOWNTO_STAGE": stage.settings.stage,
        "KNOWNTO_AUDIENCE": stage.settings.audience,
        "KNOWNTO_MAC_KEY": stage.settings.mac_key,
        "KNOWNTO_DATA_KEY": stage.settings.data_key,
        "KNOWNTO_AUDIT_KEY": stage.settings.audit_key,
        "KNOWNTO_HISTORY_KEY": stage.settings.history_key,
        "KNOWNTO_BROKER_DESK_NAME": stage.settings.broker_desk.name,
        "KNOWNTO_BROKER_DESK_PHONE": stage.settings.broker_desk.phone,
    }


def every_call(stage: Stage) -> list[dict[str, Any]]:
    child, path, token = stage.new_child(), f"/v1/involvements/{stage.new_reference()}", stage.token()
    question = {"nhs_number": child, "purpose": "safeguarding", "case_reference": "case-1"}
    review_on = stage.today.replace(year=stage.today.year + 1, day=1).isoformat()
    shield = {"nhs_number": child, "reason": "threats", "review_on": review_on}
    stale = {"If-Match": '"01AN4Z07BY79KA1307SR9X4MV3"'}
    batch = {"involvements": [{"reference": stage.new_reference(), **stage.body(child)}]}
    patch = {"Content-Type": "application/merge-patch+json"}
    stage.register(known := stage.new_child())
    looked_up = stage.look_up(known).json["lookup_id"]
    Sealing(stage, Rows(stage)).seal()
    return [
        api_event("PUT", path, stage.body(child), token=token),
        api_event("PUT", path, stage.body(child), token=token, headers=stale),
        api_event("PUT", path, stage.body(stage.new_child()), token=token),
        api_event("POST", "/v1/lookups", question, token=token),
        api_event("GET", path, token=token),
        api_event("GET", "/v1/involvements", token=token),
        api_event("GET", f"{path}/accesses", token=token),
        api_event("GET", "/v1/notices", token=token),
        api_event("GET", "/v1/findings", token=token),
        api_event("PATCH", path, {"ended_on": stage.today.isoformat()}, token=token, headers=patch),
        api_event("POST", "/v1/shields", shield, token=token),
        api_event("POST", "/v1/involvement-batches", batch, token=token),
        api_event("DELETE", path, token=token),
        api_event("POST", f"/v1/lookups/{looked_up}/outcomes", {"entry": 1, "outcome": "reached"}, token=token),
        api_event("GET", "/v1/quality", token=token),
        api_event("GET", "/v1/history", query={"from": ["1"]}, token=token),
        api_event("GET", f"/v1/history/lookups/{looked_up}", token=token),
    ]


def test_the_zip_is_small(built: Built, tmp_path: Path) -> None:
    for arch in MACHINES:
        made = built if arch == HOST else _build(tmp_path / arch, arch)
        assert made.zip.stat().st_size <= MOST_BYTES


def test_three_lines_say_what_was_made_and_what_was_dropped(built: Built) -> None:
    made, left_out, dropped = built.said
    assert re.fullmatch(r"\.build/\S+/deployment\.zip: \d\.\d\d MB, \d\d\.\d\d MB before it was made small\.", made)
    assert "setuptools" in left_out
    assert " and ".join(SERVICES) in dropped


def test_two_builds_are_the_same_to_the_bit(built: Built, tmp_path: Path) -> None:
    again = _build(tmp_path / "a" / "longer path", PYTHONHASHSEED="2", TZ="Asia/Tokyo")
    assert again.zip.read_bytes() == built.zip.read_bytes()
    for template in built.zip.parent.glob("*.json"):
        assert (again.zip.parent / template.name).read_text() == template.read_text()


def test_the_zip_holds_bytecode_of_this_interpreter_and_no_sources_metadata_or_caches(built: Built) -> None:
    assert [name for name in built.names if re.search(r"\.(py|pyi|pth)$|__pycache__|dist-info|^bin/", name)] == []
    with ZipFile(built.zip) as packed:
        bytecode = [packed.read(name) for name in built.names if name.endswith(".pyc")]
    assert {code[:4] for code in bytecode} == {MAGIC_NUMBER}


def test_the_zip_names_no_path_of_the_machine_that_built_it(built: Built) -> None:
    here = [str(path).encode() for path in (ROOT, built.zip.parents[3], sys.prefix, sys.base_prefix)]
    with ZipFile(built.zip) as packed:
        ours = {name: packed.read(name) for name in built.names if not name.endswith(".so")}
    assert [name for name, content in ours.items() if any(path in content for path in here)] == []


def test_the_zip_holds_exactly_the_tracked_files_of_chalicelib(built: Built) -> None:
    command = ["git", "ls-files", "app.py", "chalicelib"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    ours = {name for name in built.names if name.startswith(("app.", "chalicelib/"))}
    assert ours == {re.sub(r"\.py$", ".pyc", name) for name in listed if (ROOT / name).exists()}


def test_the_sdk_keeps_the_data_of_the_services_that_the_code_calls_and_its_own(built: Built) -> None:
    code = "".join(path.read_text() for path in [ROOT / "app.py", *(ROOT / "chalicelib").rglob("*.py")])
    assert set(re.findall(r"client\((?:\w+, )?\"([a-z0-9-]+)\"", code)) <= set(SERVICES)
    data = {name.split("/")[2] for name in built.names if name.startswith("botocore/data/")}
    own = {"endpoints.json", "partitions.json", "_retry.json", "sdk-default-configuration.json"}
    assert data == own | set(SERVICES)
    with ZipFile(built.zip) as packed:
        trusted = packed.read("botocore/cacert.pem")
    assert trusted == (Path(botocore.__file__).parent / "cacert.pem").read_bytes()


@pytest.mark.parametrize("part", NEVER_OPENED)
def test_every_dropped_part_exists_in_the_full_zip(built: Built, part: str) -> None:
    with ZipFile(built.zip.parents[1] / "full.zip") as packed:
        assert any(name == part or name.startswith(f"{part}/") for name in packed.namelist())


@runs_here
def test_a_cold_start_of_the_api_imports_no_more_than_callers_need(run: Runner) -> None:
    ran = run(api_event("GET", "/v1/health"))
    packaged = {name for name, place in ran.imported.items() if place and not place.startswith(sys.base_prefix)}
    assert [name for name in packaged if re.match(r"chalicelib\.(.+\.)?(console|unattended)\b", name)] == []
    assert packaged & {"boto3", "cryptography.x509.base", "html", "aws_lambda_powertools.utilities.batch"} == set()
    assert len(packaged) <= MOST_MODULES


@runs_here
@pytest.mark.parametrize("function", ["console.suspend_authority", "unattended.watch_access"])
def test_other_functions_load_neither_app_nor_each_other_nor_the_api(run: Runner, function: str) -> None:
    access_record = {"pk": {"S": f"C#1#{uuid.uuid4()}"}, "sk": {"S": "E#1"}}
    stream_record = changed(None, access_record, datetime(2027, 3, 1, tzinfo=UTC))
    ran = run({"Records": [stream_record]}, handler=f"chalicelib.{function}")
    other = "unattended" if function.startswith("console") else "console"
    assert f"chalicelib.{function.partition('.')[0]}" in ran.imported
    assert "app" not in ran.imported
    assert [
        name for name in ran.imported if re.match(rf"chalicelib\.(.+\.)?{other}\b|chalicelib\.wiring\.api", name)
    ] == []


@runs_here
def test_a_bare_interpreter_is_healthy_and_signs_nobody_in_without_a_token(run: Runner) -> None:
    ran = run(
        api_event("GET", "/v1/health"), api_event("POST", "/v1/lookups", {}), api_event("GET", "/v1/openapi.json")
    )
    assert ran.statuses == [200, 401, 200]
    assert json.loads(ran.replies[2]["body"])["openapi"] == "3.1.0"
    assert ran.replies[1]["headers"]["Content-Type"] == "application/problem+json"
    assert json.loads(ran.replies[1]["body"])["code"] == "not_signed_in"


@runs_here
def test_every_call_is_answered_with_real_tables_and_keys(run: Runner, stage: Stage) -> None:
    ran = run(*every_call(stage))
    assert ran.statuses == [201, 412, 409, 200, 200, 200, 200, 200, 200, 200, 200, 200, 204, 201, 200, 200, 200]
    answer = json.loads(ran.replies[3]["body"])
    assert answer["known"] is True
    assert answer["involvements"][0]["practitioner"]["phone"] == "020 7946 0001"


@runs_here
def test_a_stream_function_takes_a_batch_and_names_the_failed_record(run: Runner) -> None:
    at = datetime(2027, 3, 1, tzinfo=UTC)
    row = {"pk": {"S": f"C#1#{uuid.uuid4()}"}, "sk": {"S": "I#E09000014#ref"}}
    good, poison = changed(None, row, at), changed(None, row, at)
    del poison["dynamodb"]["ApproximateCreationDateTime"]
    ran = run({"Records": [good, poison]}, handler="chalicelib.unattended.watch_involvements")
    assert ran.replies == [{"batchItemFailures": [{"itemIdentifier": number_of(poison)}]}]


@runs_here
def test_a_lookup_is_answered_with_503_if_aws_does_not_answer(run: Runner, stage: Stage) -> None:
    question = {"nhs_number": stage.new_child(), "purpose": "safeguarding", "case_reference": "case-1"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        away = f"http://127.0.0.1:{taken.getsockname()[1]}"
    ran = run(api_event("POST", "/v1/lookups", question, token=stage.token()), AWS_ENDPOINT_URL=away)
    assert ran.statuses == [503]


@runs_here
def test_every_package_that_ships_is_imported_and_nothing_else(
    run: Runner, stage: Stage, built: Built, unzipped: Path
) -> None:
    ran = run(*every_call(stage))
    places = [Path(place) for place in ran.imported.values() if place]
    ours = {place.relative_to(unzipped).parts[0] for place in places if place.is_relative_to(unzipped)}
    assert ours == {name.split("/")[0] for name in built.names}
    assert [place for place in places if "site-packages" in place.parts] == []


@runs_here
def test_the_pruned_sdk_finds_the_same_endpoints_as_the_whole_sdk(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    pruned = run().endpoints
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert pruned == endpoints()
    assert len(set(pruned)) == len(REGIONS) * len(CALLS)


def test_the_template_beside_the_zip_is_json_with_the_functions_own_rights(built: Built) -> None:
    template = json.loads((built.zip.parent / "template.json").read_text())
    [policy] = template["Resources"]["ApiHandlerRole"]["Properties"]["Policies"]
    rights = json.loads((ROOT / "infra" / "policies" / "api_handler.json").read_text())
    assert policy["PolicyDocument"]["Statement"] == rights["Statement"]
    assert sorted(path.name for path in built.zip.parent.iterdir()) == ["deployment.zip", "template.json"]
