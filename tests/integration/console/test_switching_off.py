"""A stage is switched off for good. Afterwards nothing can be read."""

import base64
import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from chalicelib.adapters.dynamodb.schema import ACCESS, KEYS
from chalicelib.adapters.sealing.keyring import encryption_context
from chalicelib.domain.switch_off import BACKUP_DAYS
from chalicelib.domain.values import replace
from chalicelib.wiring import api, parts
from tests.support.console import operate, proposal, run
from tests.support.faults import standing_between
from tests.support.rows import HALVES, Row, Rows
from tests.support.stage import EALING, STAGE, Stage, at_work, running_stage

pytestmark = pytest.mark.system

API = f"knownto-{STAGE}-api"


@contextmanager
def at_its_aws(own: Stage) -> Iterator[None]:
    """Until the block ends, all calls go to this stage, and new clients find its AWS."""
    with pytest.MonkeyPatch.context() as here:
        for name, value in own.aws.environ.items():
            here.setenv(name, value)
        with at_work(own):
            yield


@contextmanager
def stage_of_its_own(folder: Path) -> Iterator[Stage]:
    environ = dict(os.environ)
    with running_stage(folder / "ministack.log") as own:
        os.environ.clear()
        os.environ.update(environ)
        yield own


@pytest.fixture
def doomed(tmp_path: Path) -> Iterator[Stage]:
    """A stage that only this test uses, so it may end."""
    with stage_of_its_own(tmp_path) as own, at_its_aws(own):
        yield own


@pytest.fixture
def its_rows(doomed: Stage) -> Rows:
    return Rows(doomed)


@dataclass(frozen=True)
class SwitchedOff:
    """A stage that worked and was then switched off: its former content, and the answer."""

    stage: Stage
    rows: Rows
    child: str
    reference: str
    lookup_id: str
    involvements: list[Row]
    secrets: list[Row]
    published: bytes
    today: date
    answer: dict[str, Any]
    log: list[Row]


@pytest.fixture(scope="module")
def _switched_off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SwitchedOff]:
    with stage_of_its_own(tmp_path_factory.mktemp("switched-off")) as own:
        with at_its_aws(own):
            child, reference = a_stage_at_work(own)
            rows, today = Rows(own), own.today
            lookup_id = str(own.look_up(child).json["lookup_id"])
            involvements, secrets = rows.of_child(child), rows.all(KEYS)
            published = own.clients.kms.get_public_key(KeyId=f"alias/knownto-{STAGE}-statements")["PublicKey"]
            assert not api_is_stopped(own)
            answer = operate("switch_off", stage=STAGE, wait_days=9)
            log = rows.of("O#", ACCESS)
        known = (child, reference, lookup_id, involvements, secrets, published, today)
        yield SwitchedOff(own, rows, *known, answer, log)


@pytest.fixture
def switched_off(_switched_off: SwitchedOff) -> Iterator[SwitchedOff]:
    """Shared by several tests. They may read from it, wait, and switch it off again."""
    with at_its_aws(_switched_off.stage):
        yield _switched_off


def acts(rows: Rows) -> list[str]:
    return [act for row in rows.of("O#", ACCESS) if (act := row["act"]["S"]) not in HALVES]


def state(doomed: Stage, key: str) -> str:
    return str(doomed.clients.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"])


def key_states(doomed: Stage) -> set[str]:
    return {state(doomed, key) for key in (doomed.settings.mac_key, doomed.settings.data_key)}


def api_is_stopped(doomed: Stage) -> bool:
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})  # a refusal is not tried again
    functions = boto3.client("lambda", "eu-west-2", endpoint_url=doomed.aws.endpoint_url, config=once)
    stopped: bool = functions.get_function_concurrency(FunctionName=API).get("ReservedConcurrentExecutions") == 0
    with pytest.raises(functions.exceptions.TooManyRequestsException) if stopped else nullcontext():
        functions.invoke(FunctionName=API, Payload=b"{}")
    return stopped


def restart(doomed: Stage) -> None:
    """A new container, with nothing in memory."""
    doomed.clients = parts.make_clients()
    doomed.services = api.build(
        parts.make_parts(doomed.settings, doomed.clients, doomed.clock, doomed.services.parts.new_id)
    )
    api.install(doomed.services)


def a_stage_at_work(doomed: Stage) -> tuple[str, str]:
    child, reference = doomed.new_child(), doomed.new_reference()
    assert doomed.register(child, reference).status == 201
    assert doomed.register(child, token=doomed.token(EALING)).status == 201
    assert doomed.look_up(child).json["known"] is True
    doomed.shield(doomed.new_child())
    return child, reference


def test_nothing_can_be_read_afterwards(switched_off: SwitchedOff) -> None:
    doomed, child, lookup = switched_off.stage, switched_off.child, switched_off.lookup_id
    assert switched_off.answer["done"] is True
    assert api_is_stopped(doomed)
    assert [row["key"]["S"] for row in switched_off.rows.all(KEYS)] == ["AUDIT#1"]
    assert key_states(doomed) == {"PendingDeletion"}
    acts_of_log = [row["act"]["S"] for row in switched_off.log]
    assert acts_of_log == ["proposed", "switch_off_begun", "switched_off"]
    for minutes in (0, 0.5, 0.5, 1, 4):
        # The API is stopped, but a console function may be warm, with all keys in memory.
        doomed.clock.advance(minutes=minutes)
        assert "Okafor" not in str(operate("broker", authority="E09000014", lookup_id=lookup))
        assert operate("broker", authority="E09000014", lookup_id=lookup)["done"] is False
        assert operate("subject_access_report", nhs_number=child)["done"] is False
        assert (
            operate("hold_child", nhs_number=child, hold="i-1", until=f"{doomed.today + timedelta(days=9):%F}")["done"]
            is False
        )
    for _ in ("a container that was warm", "a new one"):
        doomed.clock.advance(minutes=6)
        for reply in (
            doomed.look_up(child),
            doomed.register(doomed.new_child()),
            doomed.call("GET", f"/v1/involvements/{switched_off.reference}"),
            doomed.shield(doomed.new_child()),
        ):
            assert reply.status in (503, 409), reply.body
            assert "Okafor" not in reply.body
        broker = operate("broker", authority="E09000014", lookup_id=lookup)
        assert broker["done"] is False
        assert operate("unshield_child", nhs_number=child)["done"] is False
        restart(doomed)
    # Even a full copy of the tables cannot be opened any more.
    kms = doomed.clients.kms
    [wrapped] = [row["secret"]["B"] for row in switched_off.secrets if row["key"]["S"].startswith("SERVICE#")]
    with pytest.raises(ClientError, match="pending deletion"):
        kms.decrypt(CiphertextBlob=wrapped, EncryptionContext=encryption_context(STAGE, 1, doomed.settings.mac_key))
    with pytest.raises(ClientError, match="pending deletion"):
        kms.generate_mac(KeyId=doomed.settings.mac_key, MacAlgorithm="HMAC_SHA_256", Message=b"x")
    # The rows are there until the tables are deleted, but show nothing.
    [pk] = {row["pk"]["S"] for row in switched_off.involvements}
    assert switched_off.rows.of(pk) == switched_off.involvements
    assert child not in str(switched_off.involvements)


def test_the_statement_can_be_verified_by_anybody(switched_off: SwitchedOff) -> None:
    answer = switched_off.answer
    key = load_der_public_key(switched_off.published)
    assert isinstance(key, EllipticCurvePublicKey)
    assert load_pem_public_key(answer["public_key"].encode()) == key
    signature, text = base64.b64decode(answer["signature"]), answer["statement"].encode()
    key.verify(signature, text, ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(signature, text.replace(b"disabled", b"enabled"), ECDSA(SHA256()))
    statement = json.loads(text)
    assert (statement["stage"], statement["requested_by"], statement["reason"]) == (STAGE, "j.doe", "ticket 12")
    assert statement["last_backup_until"] == (switched_off.today + timedelta(days=BACKUP_DAYS)).isoformat()
    wait = date.fromisoformat(statement["final_on"]) - switched_off.today
    assert wait in (timedelta(days=9), timedelta(days=10))  # KMS has its own clock, and midnight may have passed
    assert {key["name"] for key in statement["keys"]} == {"pseudonyms", "details"}
    assert " ".join(statement["statement"]) in answer["answer"]
    assert switched_off.log[-1]["reference"]["S"] == answer["sha256"]


def test_the_page_says_how_to_verify_it(switched_off: SwitchedOff, tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "console.md").read_text()
    [script] = re.findall(r"```sh\n(.*?openssl.*?)```", page, re.DOTALL)
    [*_, verify] = script.strip().splitlines()
    answer = switched_off.answer
    (tmp_path / "statement.json").write_text(answer["statement"])
    (tmp_path / "signature.bin").write_bytes(base64.b64decode(answer["signature"]))
    (tmp_path / "public.pem").write_text(answer["public_key"])
    run = subprocess.run(shlex.split(verify), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "Verified OK"


def test_switching_off_again_changes_nothing_and_moves_no_date(switched_off: SwitchedOff) -> None:
    first, before = json.loads(switched_off.answer["statement"]), acts(switched_off.rows)
    restart(switched_off.stage)
    second = operate("switch_off", stage=STAGE, wait_days=30)
    assert second["done"] is True
    assert json.loads(second["statement"])["keys"] == first["keys"]
    assert key_states(switched_off.stage) == {"PendingDeletion"}
    assert acts(switched_off.rows) == [*before, "switch_off_begun", "switched_off"]


def test_an_interruption_leaves_the_safest_state_and_the_same_event_continues(doomed: Stage, its_rows: Rows) -> None:
    child, _ = a_stage_at_work(doomed)

    code = proposal("switch_off")

    def interrupted_at(operation: str) -> None:
        with standing_between(doomed.clients) as faults:
            faults.break_down(operation)
            answer = run("switch_off", stage=STAGE, proposal=code)
        assert (answer["done"], answer["code"]) == (False, "unavailable")

    interrupted_at("PutItem")
    assert (api_is_stopped(doomed), key_states(doomed), acts(its_rows)) == (False, {"Enabled"}, [])
    interrupted_at("DisableKey")
    assert (api_is_stopped(doomed), acts(its_rows)) == (True, ["switch_off_begun"])
    interrupted_at("DeleteItem")
    assert key_states(doomed) == {"Disabled"}
    restart(doomed)
    assert doomed.look_up(child).status == 503
    interrupted_at("ScheduleKeyDeletion")
    assert [row["key"]["S"] for row in its_rows.all(KEYS)] == ["AUDIT#1"]
    interrupted_at("Sign")
    assert key_states(doomed) == {"PendingDeletion"}
    assert run("switch_off", stage=STAGE, proposal=code)["done"] is True
    assert acts(its_rows)[-1] == "switched_off"


def test_a_replica_in_another_region_is_named_because_it_still_works(doomed: Stage) -> None:
    kms = doomed.clients.kms
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    doomed.settings = replace(doomed.settings, data_key=key)
    restart(doomed)
    answer = operate("switch_off", stage=STAGE)
    statement = json.loads(answer["statement"])
    [details] = [one for one in statement["keys"] if one["name"] == "details"]
    [replica] = details["replicas"]
    assert "eu-west-1" in replica
    assert f"Its replica {replica} still works" in answer["answer"]
    assert statement["final_on"] is None


@pytest.mark.parametrize(
    ("change", "begins"),
    [
        ({"stage": "production"}, "This is not what was proposed"),
        ({"stage": f"switch off {STAGE}"}, "This is not what was proposed"),
        ({"stage": None}, "stage is missing"),
        ({"wait_days": 6}, "wait_days "),
        ({"wait_days": 31}, "wait_days "),
        ({"requested_by": None}, "requested_by is missing"),
    ],
)
def test_a_stage_is_switched_off_only_by_its_name(
    stage: Stage, rows: Rows, change: dict[str, Any], begins: str
) -> None:
    answer = operate("switch_off", **{"stage": STAGE, **change})
    assert answer["done"] is False
    assert answer["answer"].startswith(f"Refused. {begins}")
    assert "switch_off_begun" not in acts(rows)
    assert key_states(stage) == {"Enabled"}
    assert not api_is_stopped(stage)
