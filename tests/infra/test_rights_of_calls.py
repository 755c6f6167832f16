"""Runs every function once: its policy allows each AWS call that it makes, and nothing more."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import botocore.client
import pytest

import app
from chalicelib import unattended
from chalicelib.adapters.console.event_bodies import PROPOSABLE
from chalicelib.adapters.dynamodb.schema import ACCESS, INVOLVEMENTS, NOTICES, REGISTRY, table_name, table_schema
from chalicelib.adapters.dynamodb.stream_readers import READERS
from chalicelib.domain.child import ChildKey
from chalicelib.domain.notices import Notice, NoticeKind
from chalicelib.wiring import api, parts
from infra.local.authorities import make_signing_key
from tests.infra.checks.reading import listed
from tests.infra.checks.rights import name_of
from tests.infra.test_package import every_call
from tests.support.console import operate, pair, proposal, run
from tests.support.rows import Rows
from tests.support.schedules import run_schedule, sweep
from tests.support.stage import EALING, HARINGEY, STAGE, Stage, running_stage
from tests.support.streams import changed, deliver

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
RESTORED = table_name(STAGE, "involvements-restored")
Call = tuple[str, str]
"""A resource, named as in tests/infra/checks, and an action."""

_PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}

# Calls that our code never makes. AWS makes them with the rights of the function.
BY_AWS = {
    "/streams": "Lambda reads the stream",
    "DeadLetters": "Lambda sends the letter of a schedule",
    "FunctionLogs": "Lambda writes the lines",
    "*": "Lambda sends the traces",
}
THROUGH_AWS = "kms:ViaService"  # DynamoDB and SQS use the keys of the data that they keep


@dataclass
class Recorder:
    """Records the AWS calls of the running function, as botocore gets them."""

    keys: dict[str, str]
    function: str = ""
    seen: dict[str, set[Call]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def note(self, service: str, operation: str, sent: dict[str, Any]) -> None:
        if not self.function:
            return
        for touched, action in self._uses(service, operation, sent):
            self.seen.setdefault(self.function, set()).add((touched, f"{service}:{action}"))
            if not any(_allows(s, touched, f"{service}:{action}", sent) for s in policy(self.function)):
                self.refused.add(f"{self.function}: {service}:{action} on {touched}")

    def _uses(self, service: str, operation: str, sent: dict[str, Any]) -> Iterator[Call]:
        if service == "kms":
            yield self.keys[_key_name(sent["KeyId"])], operation
        elif service == "sqs":
            yield "DeadLetters", operation
        elif operation == "ListEventSourceMappings":
            yield "*", operation
        elif service == "lambda":
            yield {f"knownto-{STAGE}-api": "APIHandler"}[sent["FunctionName"]], operation
        elif service == "sns":
            yield {f"knownto-{STAGE}-alarms": "AlarmTopic"}[sent["TopicArn"].rpartition(":")[2]], operation
        elif operation == "TransactWriteItems":
            for item in sent["TransactItems"]:
                [(kind, part)] = item.items()
                yield _table(part["TableName"]), _PARTS[kind]
        elif operation.startswith("Batch"):
            yield from ((_table(name), operation) for name in sent["RequestItems"])
        else:
            index = f"/index/{sent['IndexName']}" if "IndexName" in sent else ""
            yield _table(sent.get("TableName") or sent["ResourceArn"]) + index, operation


def _table(name: str) -> str:
    if name.endswith(RESTORED):
        return "RestoredTable"
    [found] = re.findall(rf"knownto-{STAGE}-(\w+)$", name)
    return f"{found.capitalize()}Table"


def _key_name(key_id: str) -> str:
    """Returns the id of a key, also from its ARN, or the name of an alias without `alias/`."""
    return key_id.rpartition("/")[2]


def policy(function: str) -> list[dict[str, Any]]:
    document = json.loads((ROOT / "infra" / "policies" / f"{function}.json").read_text())
    statements: list[dict[str, Any]] = document["Statement"]
    return statements


def _allows(statement: dict[str, Any], touched: str, action: str, sent: dict[str, Any]) -> bool:
    places = [name_of(place) for place in listed(statement["Resource"])]
    return touched in places and action in listed(statement["Action"]) and _holds(statement, sent)


def _holds(statement: dict[str, Any], sent: dict[str, Any]) -> bool:
    def said(key: str) -> Any:
        name, _, within = key.removeprefix("kms:").partition(":")
        return sent.get(name, {}).get(within) if within else sent.get(name)

    asked = statement.get("Condition", {}).get("StringEquals", {})
    return all(said(key) == (STAGE if value == {"Ref": "Stage"} else value) for key, value in asked.items())


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    """Has run every function, on a separate stage because the last one switches it off."""
    with pytest.MonkeyPatch.context() as patch, running_stage(tmp_path_factory.mktemp("walk") / "log") as stage:
        for name, value in stage.aws.environ.items():
            patch.setenv(name, value)
        keys = {
            _key_name(stage.settings.mac_key): "PseudonymsKey",
            _key_name(stage.settings.data_key): "DetailsKey",
            _key_name(stage.settings.audit_key): "AuditKey",
            f"knownto-{STAGE}-statements": "StatementsKey",
            _key_name(stage.settings.history_key): "HistoryKey",
        }
        recorder = Recorder(keys)
        original = botocore.client.BaseClient._make_api_call

        def asked(client: Any, operation: str, sent: dict[str, Any]) -> Any:
            recorder.note(client.meta.service_model.service_name, operation, sent)
            return original(client, operation, sent)

        patch.setattr(botocore.client.BaseClient, "_make_api_call", asked)
        Walk(stage, recorder).through_all()
        api.install(None)
        yield recorder


class Walk:
    """Runs each route, console function, stream and schedule once, each in a new cold container."""

    def __init__(self, stage: Stage, recorder: Recorder) -> None:
        self._stage = stage
        self._recorder = recorder
        self._rows = Rows(stage)
        api.install(stage.services)

    @contextmanager
    def _cold(self, function: str) -> Iterator[None]:
        stage = self._stage
        api.install(
            api.build(parts.make_parts(stage.settings, parts.make_clients(), stage.clock, stage.services.parts.new_id))
        )
        self._recorder.function = function
        try:
            yield
        finally:
            self._recorder.function = ""
            api.install(stage.services)

    def _operate(self, function: str, **event: Any) -> dict[str, Any]:
        """If the work takes two people, each half runs in a container of its own."""
        if function in PROPOSABLE:
            with self._cold("propose"):
                code = proposal(function, **event)
            event |= {"requested_by": "j.doe", "proposal": code}
        with self._cold(function):
            answer = run(function, **event)
        assert answer["done"] is True, f"{function}: {answer}"
        return answer

    def through_all(self) -> None:
        self.api()
        self.authorities()
        self.children()
        self.restore()
        self.unattended()
        self._operate("switch_off", stage=STAGE)

    def api(self) -> None:
        for event in every_call(self._stage):
            with self._cold("api_handler"):
                assert app.app(event, None)["statusCode"] < 500

    def authorities(self) -> None:
        event = json.loads((ROOT / "infra" / "console-events" / "onboard_authority.json").read_text())
        code = {"authority": event["authority"]}
        self._operate("make_service_key")
        self._operate("onboard_authority", **event)
        self._operate("suspend_authority", **code)
        self._operate("reinstate_authority", **code)
        self._operate("replace_keys", **code, jwks={"keys": [make_signing_key("walk", "EdDSA").public_jwk]})
        self._operate("change_grants", **code, scopes=["lookup"], purposes=["safeguarding"])
        self._operate("remove_authority", **code, name=event["name"])

    def children(self) -> None:
        stage, child, other = self._stage, self._stage.new_child(), self._stage.new_child()
        review_on = (stage.today + timedelta(days=90)).isoformat()
        stage.register(child, "walk-1")
        stage.register(child, "walk-2", stage.token(EALING))
        stage.register(other, "walk-3")
        looked_up = stage.look_up(child).json["lookup_id"]
        left = {"entry": 1, "outcome": "left"}  # the record of Ealing, which stays as it was shown
        assert stage.call("POST", f"/v1/lookups/{looked_up}/outcomes", left).status == 201
        self._operate("dispute_record", authority=HARINGEY, reference="walk-1", disputed=True, nhs_number=child)
        self._operate("broker", authority=HARINGEY, lookup_id=looked_up)
        self._operate("access_report", authority=HARINGEY, day=stage.today.isoformat())
        self._operate("act_report", authority=HARINGEY)
        self._operate("act_report", whole_service=True)
        self._operate("act_report", nhs_number=child)
        self._operate("audit_export", authority=HARINGEY, day=stage.today.isoformat())
        self._operate("subject_access_report", nhs_number=child)
        self._operate("supersede_nhs_number", pairs=pair(other, child))
        spare, retired = stage.new_child(), stage.new_child()
        for number, reference in ((spare, "walk-8"), (retired, "walk-9")):
            stage.register(number, reference)
        unused, also_unused = stage.new_child(), stage.new_child()
        for number in (spare, also_unused):
            self._operate("supersede_nhs_number", pairs=pair(number, unused))
        for number in (also_unused, spare):
            self._operate("undo_supersede", old_nhs_number=number, new_nhs_number=unused)
        self._operate("supersede_nhs_number", pairs=pair(spare, unused))
        self._operate("retire_nhs_number", nhs_number=retired)
        # With the old number, so that the function must open the pointer.
        self._operate("hold_child", nhs_number=other, hold="inquiry-1", until=review_on)
        self._operate("release_hold", nhs_number=other, hold="inquiry-1")
        self._operate("shield_child", nhs_number=other, review_on=review_on)
        self._operate("unshield_child", nhs_number=other)
        # What was asked for in the second of the next shield would count as a request for it, and the lift leave it.
        stage.clock.advance(seconds=2)
        stage.shield(other)
        self._operate("list_shields", authority=HARINGEY)
        hour_ago, soon = stage.clock() - timedelta(hours=1), stage.clock() + timedelta(seconds=1)
        stage.clock.advance(seconds=1)
        self._operate("lift_shields", authority=HARINGEY, since=f"{hour_ago:%FT%TZ}", before=f"{soon:%FT%TZ}")
        stage.clock.advance(seconds=1)
        since, before = stage.clock() - timedelta(days=1), stage.clock()
        # Before anything is posted by the stream, so that it has notices to post and an outcome to count.
        self._operate("replay_notices", since=f"{since:%FT%TZ}", before=f"{before:%FT%TZ}")
        stream_records = [changed(None, row, stage.clock()) for row in self._rows.of(self._rows.key_of(child), ACCESS)]
        with self._cold("post_notices"):
            assert deliver(unattended.post_notices, *stream_records) == []
        with self._cold("gather_leaves"):
            assert deliver(unattended.gather_leaves, *stream_records) == []
        with self._cold("close_history"):
            run_schedule(unattended.close_history)
        self._operate("erase_child", nhs_number=child)

    def restore(self) -> None:
        """First beside the stage's table, then under its name."""
        stage, dynamodb, child = self._stage, self._stage.aws.client("dynamodb"), self._stage.new_child()
        live = table_name(STAGE, INVOLVEMENTS)
        stage.register(child, "walk-4")
        stage.register(stage.new_child(), "walk-5", ended_on=stage.today.isoformat(), service_type="school")
        backup, backup_at = self._rows.all(INVOLVEMENTS), f"{stage.clock():%Y-%m-%dT%H:%M:%SZ}"
        stage.clock.advance(seconds=1)
        operate("erase_child", nhs_number=child)
        stage.clock.advance(days=366)
        arn = dynamodb.describe_table(TableName=live)["Table"]["TableArn"]
        dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "service", "Value": "known-to"}])
        for name in ("involvements-restored", "involvements"):
            if name == "involvements":
                dynamodb.update_table(TableName=live, DeletionProtectionEnabled=False)
                dynamodb.delete_table(TableName=live)
            table = table_name(STAGE, name)
            dynamodb.create_table(TableName=table, BillingMode="PAY_PER_REQUEST", **table_schema(INVOLVEMENTS))
            for row in backup:
                dynamodb.put_item(TableName=table, Item=row)
            self._operate("restore_gate", table=name, backup_at=backup_at)

    def unattended(self) -> None:
        stage, child = self._stage, self._stage.new_child()
        stage.register(child, "walk-6", ended_on=stage.today.isoformat(), service_type="school")
        row = self._rows.one_of(child)
        stage.register(stage.new_child(), "walk-7")
        for days in (366, 280):  # the first has ended, and the second is about to end
            stage.clock.advance(days=days)
            with self._cold("sweep"):
                sweep()
        stage.look_up(stage.new_child())
        stage.clock.advance(days=1, hours=2)
        with self._cold("find_misuse"):
            run_schedule(unattended.find_misuse)
        with self._cold("check_settings"):
            run_schedule(unattended.check_settings)
        with self._cold("send_pulses"):
            run_schedule(unattended.send_pulses)
        for by_ttl in (True, False):
            with self._cold("watch_involvements"):
                assert deliver(unattended.watch_involvements, changed(row, None, stage.clock(), by_ttl=by_ttl)) == []
        [added, *_] = self._rows.of(self._rows.key_of(child), ACCESS)
        [item] = [one for one in self._rows.all(REGISTRY) if one["authority"]["S"] == HARINGEY]
        with self._cold("watch_registry"):
            record = changed(item, {**item, "name": {"S": "Another"}}, stage.clock())
            assert deliver(unattended.watch_registry, record) == []
        self._watch_notices()
        with self._cold("watch_access"):
            assert deliver(unattended.watch_access, changed(None, added, stage.clock())) == []
        bad = changed(row, None, stage.clock())
        bad["dynamodb"] = {"SequenceNumber": "1"}
        for name in READERS:
            with self._cold(name):
                assert deliver(getattr(unattended, name), bad) == []

    def _watch_notices(self) -> None:
        """One removed by hand costs a read."""
        stage = self._stage
        notice = Notice(
            recipient=HARINGEY, kind=NoticeKind.DISPUTED, source="walk", at=self._stage.clock(), child=ChildKey("C#1#w")
        )
        stage.services.parts.notices.post(notice)
        [mark] = self._rows.of("C#1#w", NOTICES)
        with self._cold("watch_notices"):
            changes = (changed(mark, None, stage.clock()), changed(None, mark, stage.clock()))
            assert deliver(unattended.watch_notices, *changes) == []


def test_every_call_of_every_function_is_allowed(recorder: Recorder) -> None:
    assert recorder.refused == set()


def test_every_function_was_run(recorder: Recorder) -> None:
    assert recorder.seen.keys() == {file.stem for file in (ROOT / "infra" / "policies").glob("*.json")}


def _is_part_of_a_scan(function: str, place: str, action: str) -> bool:
    """A function that reads the whole table of keys looks there first for the audit key."""
    scans = any(
        "dynamodb:Scan" in listed(s["Action"]) and place in map(name_of, listed(s["Resource"]))
        for s in policy(function)
    )
    return (place, action) == ("KeysTable", "dynamodb:GetItem") and scans


def test_no_right_is_left_unused(recorder: Recorder) -> None:
    unused = [
        (function, name_of(place), action)
        for function in sorted(recorder.seen)
        for statement in policy(function)
        if THROUGH_AWS not in str(statement.get("Condition"))
        for place in listed(statement["Resource"])
        for action in listed(statement["Action"])
        if (name_of(place), action) not in recorder.seen[function]
        and not _is_part_of_a_scan(function, name_of(place), action)
        and not any(name_of(place).endswith(ending) for ending in BY_AWS)
    ]
    assert unused == []
