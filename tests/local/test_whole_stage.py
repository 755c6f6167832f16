"""`make run` as a newcomer meets it: it starts, answers, refuses a second start, and leaves nothing behind."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib.adapters.dynamodb.schema import ACCESS, INVOLVEMENTS, NOTICES, REGISTRY, table_name
from infra.build.template import merged
from infra.local.authorities import authorities
from infra.local.aws import environ_of
from infra.local.processes import free_port, is_taken
from infra.local.synthetic import synthetic_set
from tests.support.alarm_topic import Subscriber

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
ANOTHER_AWS = {"AWS_PROFILE": "somebody-elses", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"}
EALING = ("--authority", "E09000009", "--as", "sw-7", "--role", "Social worker")
FIRST = "first-question"
LOOKUP = ("lookup", "--purpose", "safeguarding", "--case", "case-1")


@contextmanager
def _started(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-m", "infra.local.run"],
        cwd=folder,
        env={**os.environ, **ANOTHER_AWS, "PYTHONPATH": str(ROOT), "PORT": str(port), "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def _until(child: subprocess.Popen[str], last: str) -> str:
    assert child.stdout is not None
    said: list[str] = []
    for line in child.stdout:
        said.append(line)
        if last in line:
            break
    return "".join(said)


def _run(folder: Path, port: int) -> str:
    with _started(folder, port) as child:
        said, _ = child.communicate(timeout=60)
    assert child.returncode == 1
    return " ".join(said.split())


def _as_a_newcomer_types_it(folder: Path, port: int) -> str:
    """The README's curl, to the letter but for the port, with a `make` that finds the Makefile from elsewhere."""
    [command] = re.findall(r"^curl .*?json.tool\n", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    make = folder / "bin" / "make"
    make.parent.mkdir()
    make.write_text(f'#!/bin/sh\nshift 2\nexec env "$@" {shlex.quote(sys.executable)} -m infra.local.make_token\n')
    make.chmod(0o755)
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{make.parent}:{os.environ['PATH']}"}
    script = command.replace("8000", str(port))
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environ, capture_output=True, text=True, check=True
    ).stdout


def _client(folder: Path, service: str) -> Any:
    demo = json.loads((folder / ".local" / "demo.json").read_text())
    environ = environ_of(demo["aws_endpoint_url"])
    session = boto3.Session(environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"], region_name=demo["region"])
    return session.client(service, endpoint_url=demo["aws_endpoint_url"])


def _dynamodb(folder: Path) -> Any:
    return _client(folder, "dynamodb")


def _expect_the_templates_streams(folder: Path) -> None:
    dynamodb = _dynamodb(folder)
    for resource in merged(ROOT / "infra" / "template")["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            name = resource["Properties"]["TableName"]["Fn::Sub"].replace("${Stage}", "local")
            made = dynamodb.describe_table(TableName=name)["Table"]
            wanted = resource["Properties"].get("StreamSpecification")
            assert made.get("StreamSpecification") == (wanted and {"StreamEnabled": True, **wanted}), name


def _known_to(folder: Path, *arguments: str, stdin: str = "") -> str:
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "client" / "src"), "KNOWN_TO_HOME": str(folder / "home")}
    command = [sys.executable, "-m", "known_to", "--demo", *arguments]
    ended = subprocess.run(command, cwd=folder, env=environ, input=stdin, capture_output=True, text=True, check=True)
    return " ".join(ended.stdout.split())


def _expect_notice(folder: Path, said: str) -> None:
    """Within the minute that a busy machine may take; Haringey has current social care with the child."""
    until = time.monotonic() + 60
    while said not in (notices := _known_to(folder, "notices")):
        assert time.monotonic() < until, notices
        time.sleep(0.5)


def _delete_a_notice(folder: Path) -> None:
    """As somebody would who does not want Haringey to hear of a lookup."""
    key = {"pk": {"S": "N#E09000014"}, "sk": {"S": "N#000000000001"}}
    _dynamodb(folder).delete_item(TableName=table_name("local", NOTICES), Key=key)


def _expect_counted(folder: Path, metric: str) -> None:
    """Within a minute, in the log of the unattended functions, from which CloudWatch makes the metric."""
    until, log = time.monotonic() + 60, folder / ".local" / "unattended.log"
    while f'"{metric}":[1.0]' not in (said := log.read_text().replace(" ", "")):
        assert time.monotonic() < until, said
        time.sleep(0.5)


def _edit_the_registry(folder: Path) -> None:
    """As somebody would who wants Haringey's calls at night."""
    _dynamodb(folder).update_item(
        TableName=table_name("local", REGISTRY),
        Key={"authority": {"S": "E09000014"}},
        UpdateExpression="SET duty_contact.phone = :phone",
        ExpressionAttributeValues={":phone": {"S": "020 7946 0666"}},
    )


def _expect_message(topic: Subscriber, *said: str) -> None:
    until, messages = time.monotonic() + 60, ""
    while not all(text in messages for text in said):
        assert time.monotonic() < until, messages
        time.sleep(0.5)
        messages += "\n".join(topic.messages())


def _expect_every_record(folder: Path) -> None:
    """Each with its register entry and an access record; of the children one is shielded."""
    dynamodb = _dynamodb(folder)
    found = {table: _count(dynamodb, table) for table in (INVOLVEMENTS, ACCESS)}
    records = len([*synthetic_set([*authorities()], datetime.now(UTC).date())])
    of_sandbox, shields, numbers_of_sandbox = 13, 2, 3
    assert found[INVOLVEMENTS] == 2 * (records + of_sandbox) + shields + numbers_of_sandbox
    assert found[ACCESS] >= records + 1


def _count(dynamodb: Any, table: str) -> int:
    pages = dynamodb.get_paginator("scan").paginate(TableName=table_name("local", table), Select="COUNT")
    return sum(page["Count"] for page in pages)


def _console(folder: Path, operation: str, done: bool = True, **settings: str) -> str:
    environ = {**os.environ, **ANOTHER_AWS, "PYTHONPATH": str(ROOT), "OP": operation, **settings}
    command = [sys.executable, "-m", "infra.local.console"]
    run = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert (run.returncode == 0) is done, run.stderr
    return run.stdout


def test_it_starts_asks_and_answers_serves_the_readmes_curl_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    port = free_port()
    with _started(tmp_path, port) as child:
        said = _until(child, "A token for curl")
        assert "Known to another practitioner." in said
        for place in ("Haringey", "Ealing", "Brent", "Enfield", "London North West", "North Middlesex"):
            assert place in said
        assert max(map(len, said.splitlines())) <= 80

        assert '"known": true' in _as_a_newcomer_types_it(tmp_path, port)

        _expect_every_record(tmp_path)
        _expect_the_templates_streams(tmp_path)
        assert "Known to another practitioner." in _known_to(tmp_path, *EALING, *LOOKUP, stdin="9990000018")
        _expect_notice(tmp_path, "Ealing (020 7946 0999) has looked up the child of")

        _delete_a_notice(tmp_path)
        _expect_counted(tmp_path, "NoticesTampered")

        topic = Subscriber(partial(_client, tmp_path), "local")
        _edit_the_registry(tmp_path)
        _expect_message(topic, "E09000014", "Changed: duty_contact", "No access record of an operator explains it")
        _expect_notice(tmp_path, "your authority's registry entry changed (duty_contact)")

        answer = _console(tmp_path, "suspend_authority")
        assert answer.startswith("E09000005 is suspended. ")
        _expect_message(topic, "E09000005", "Changed: standing", "access record explains it: suspended")
        assert "is suspended already" in _console(tmp_path, "suspend_authority")
        assert "Brent" in _console(tmp_path, "broker")
        proposed = json.loads(_console(tmp_path, "propose", WHAT="erase_child", JSON="1"))
        assert "Erased: " in _console(tmp_path, "erase_child", PROPOSAL=proposed["proposal"])
        assert json.loads(_console(tmp_path, "access_report", JSON="1"))["lookups"][0]["case_reference"] == FIRST

        running = f"is running already on port {port} (process {child.pid})."
        assert f"A local stage of this checkout {running}" in _run(tmp_path, free_port())
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        assert f"Port {port} is taken. Choose another: make run PORT={port + 1}" in _run(elsewhere, port)

        os.killpg(child.pid, signal.SIGINT)
        rest, _ = child.communicate(timeout=30)
        assert rest == "\nStopping…\nStopped; everything that was started here has ended.\n"
        assert child.returncode == 0
    assert not is_taken(port)
    assert [*(tmp_path / ".local").glob("demo.json"), *(tmp_path / ".local").glob("*.pem")] == []


@pytest.mark.parametrize("port", ["80", "70000", "eight"])
def test_a_port_that_makes_no_sense_is_refused_in_words(tmp_path: Path, port: str) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PORT": port}
    command = [sys.executable, "-m", "infra.local.run"]
    run = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "PORT must be a number from 1024 to 65535" in run.stdout
