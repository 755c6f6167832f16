"""Every change of the registry leaves an access record, sends a message, and brings its authority a notice."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS, NOTICES, REGISTRY, table_name
from infra.local.authorities import LocalAuthority, make_signing_key
from tests.support.alarm_topic import Subscriber
from tests.support.by_hand import registry_item
from tests.support.console import operate
from tests.support.faults import Faults
from tests.support.log_lines import Metrics
from tests.support.rows import Row, Rows
from tests.support.stage import STAGE, Stage
from tests.support.streams import Letters, Record, changed, deliver, number_of

pytestmark = pytest.mark.system

THIEF = "020 7946 0666"
EDITS: dict[str, Any] = {
    "jwks": {"S": json.dumps({"keys": [{"kid": "thief"}]})},
    "scopes": {"SS": ["lookup"]},
    "purposes": {"SS": ["child_protection", "health_care"]},
    "granted": {"B": b"made up"},
    "standing": {"S": "suspended"},
    "removed_on": {"S": "2026-01-01"},
    "duty_contact": {"M": {"name": {"S": "Duty team"}, "phone": {"S": THIEF}}},
    "name": {"S": "Another"},
    "sector": {"S": "police"},
    "reports_every_days": {"N": "365"},
    "roles": {"SS": ["Practice lead"]},
}


@dataclass
class Scene:
    """An authority of its own, and what becomes of a change of its registry item."""

    stage: Stage
    rows: Rows
    code: str
    topic: Subscriber

    @property
    def item(self) -> Row:
        reply = self.stage.dynamodb.get_item(TableName=table_name(STAGE, REGISTRY), Key={"authority": {"S": self.code}})
        item: Row = reply["Item"]
        return item

    @property
    def access_records(self) -> list[Row]:
        return self.rows.of(f"A#{self.code}", ACCESS)

    @property
    def recorded(self) -> list[tuple[str, str | None]]:
        """What changed, and the id of the access record that explains it."""
        found = [row for row in self.access_records if row["act"]["S"] == "registry_changed"]
        return [(row["changed"]["S"], row.get("reference", {}).get("S")) for row in found]

    def notices(self) -> list[Any]:
        """The authority's notices, once post_notices has seen its access records."""
        self.stage.services.parts.registry.forget()
        stream = [changed(None, row, self.stage.clock()) for row in self.access_records]
        assert deliver(unattended.post_notices, *stream) == []
        reply = self.stage.call("GET", "/v1/notices", token=self.stage.token(self.code))
        assert reply.status == 200, reply.body
        found: list[Any] = reply.json["notices"]
        return found

    def watch(self, before: Row | None, after: Row | None) -> Record:
        record = changed(before, after, self.stage.clock())
        assert deliver(unattended.watch_registry, record) == []
        return record

    def operate(self, function: str, **event: Any) -> tuple[Row, Row]:
        """The item before and after the console function."""
        before = self.item
        assert operate(function, authority=self.code, **event)["done"]
        return before, self.item


@pytest.fixture
def scene(stage: Stage, rows: Rows) -> Scene:
    authority = LocalAuthority(stage.new_code(), "Newcomer", "newcomers")
    stage.enter(authority)
    stage.services.parts.registry.forget()
    return Scene(stage, rows, authority.code, Subscriber(stage.aws.client, STAGE))


@pytest.mark.parametrize("name", EDITS)
def test_a_hand_edit_is_recorded_and_reported_and_its_authority_gets_a_notice(
    scene: Scene, metrics: Metrics, name: str
) -> None:
    before = scene.item
    scene.watch(before, {**before, name: EDITS[name]})
    assert scene.recorded == [(name, None)]
    [message] = scene.topic.messages()
    assert f"Authority: {scene.code}\nChanged: {name}\n" in message
    assert "No access record of an operator explains it" in message
    assert metrics.count("RegistryChanges") == 1
    [notice] = scene.notices()
    assert (notice["kind"], notice["changed"], notice["reference"]) == ("registry_changed", [name], None)


def test_no_value_is_recorded_or_sent(scene: Scene) -> None:
    before = scene.item
    scene.watch(before, {**before, **EDITS, "9990000018": {"S": "typed into the wrong field"}})
    [(fields, _)] = scene.recorded
    assert (
        fields
        == "jwks scopes purposes granted standing removed_on duty_contact name sector reports_every_days roles other"
    )
    everything = " ".join([*scene.topic.messages(), str(scene.access_records)])
    assert not any(text in everything for text in (THIEF, "thief", "9990000018", "typed", "child_protection"))


def test_an_item_entered_or_deleted_by_hand_is_reported(scene: Scene) -> None:
    item = scene.item
    scene.watch(item, None)
    scene.watch(None, item)
    assert sorted(scene.recorded) == [("deleted", None), ("entered", None)]
    assert len(scene.topic.messages()) == 2
    assert sorted(one["changed"][0] for one in scene.notices()) == ["deleted", "entered"]


def test_an_item_without_a_salt_gets_no_notice_and_holds_up_nobody_elses(scene: Scene) -> None:
    by_hand = replace(scene, code=scene.stage.new_code())
    item = registry_item(LocalAuthority(by_hand.code, "By hand", "by_hand"), make_signing_key("k", "EdDSA"))
    scene.stage.dynamodb.put_item(TableName=table_name(STAGE, REGISTRY), Item=item)
    scene.stage.services.parts.registry.forget()
    by_hand.watch(None, item)
    [row] = by_hand.access_records
    assert deliver(unattended.post_notices, changed(None, row, scene.stage.clock())) == []
    assert scene.rows.of(f"N#{by_hand.code}", NOTICES) == []


def test_a_key_that_is_not_a_code_is_reported_without_repeating_it(scene: Scene) -> None:
    scene.watch(None, {**scene.item, "authority": {"S": f"call {THIEF}\nnow"}})
    [message] = scene.topic.messages()
    assert THIEF not in message
    assert any(row.get("changed") == {"S": "entered"} for row in scene.rows.of("O#", ACCESS))


NEW_KEYS = json.loads(registry_item(LocalAuthority("T", "T", "t"), make_signing_key("n", "EdDSA"))["jwks"]["S"])

LESS = {"scopes": ["lookup"], "purposes": ["safeguarding"]}


@pytest.mark.parametrize(
    ("function", "event", "fields", "act"),
    [
        ("suspend_authority", {}, "standing", "suspended"),
        ("replace_keys", {"jwks": NEW_KEYS}, "jwks granted", "keys_replaced"),
        ("change_grants", LESS, "scopes purposes granted", "grants_changed"),
        ("remove_authority", {"name": "Newcomer"}, "standing removed_on", "removed"),
    ],
)
def test_an_operators_act_explains_its_own_change(
    scene: Scene, function: str, event: dict[str, Any], fields: str, act: str
) -> None:
    scene.watch(*scene.operate(function, **event))
    [(said, explained_by)] = scene.recorded
    [record] = [row for row in scene.access_records if row["sk"]["S"] == f"E#{explained_by}"]
    assert (said, record["act"]["S"], record["requested_by"]["S"]) == (fields, act, "j.doe")
    [message] = scene.topic.messages()
    assert f"An operator's access record explains it: {act}, {explained_by}." in message


def test_an_older_item_that_is_put_back_with_its_own_stamp_is_reported(scene: Scene) -> None:
    """Its mark is genuine, so the keys of then count again: only this shows it."""
    older, newer = scene.operate("replace_keys", jwks=NEW_KEYS)
    scene.watch(older, newer)
    scene.watch(newer, older)
    assert [fields for fields, by in scene.recorded if by is None] == ["jwks granted"]
    [message] = [one for one in scene.topic.messages() if "No access record of an operator explains it" in one]
    assert "Changed: jwks, granted\n" in message


def test_onboarding_explains_the_new_item(scene: Scene) -> None:
    onboarded = replace(scene, code=scene.stage.new_code())
    event = json.loads((Path(__file__).parents[2] / "infra" / "console-events" / "onboard_authority.json").read_text())
    assert operate("onboard_authority", **{**event, "authority": onboarded.code})["done"]
    onboarded.watch(None, onboarded.item)
    [(said, explained_by)] = onboarded.recorded
    assert (said, explained_by is None) == ("entered", False)
    [message] = scene.topic.messages()
    assert f"explains it: onboarded, {explained_by}." in message


def test_an_operators_act_explains_no_other_field_no_other_standing_and_no_second_change(scene: Scene) -> None:
    active, suspended = scene.operate("suspend_authority")
    scene.watch(suspended, active)  # somebody reinstates it by hand
    scene.watch(active, {**suspended, "jwks": EDITS["jwks"]})
    scene.watch(active, suspended)
    scene.stage.clock.advance(seconds=1)
    scene.watch(active, suspended)
    explained = [one for one in scene.topic.messages() if "access record explains it: suspended" in one]
    assert len(explained) == 1
    assert [by is not None for _, by in scene.recorded].count(True) == 1


def test_an_old_act_of_an_operator_explains_nothing(scene: Scene) -> None:
    before, after = scene.operate("suspend_authority")
    scene.stage.clock.advance(minutes=16)
    scene.watch(before, after)
    assert scene.recorded == [("standing", None)]


@pytest.mark.parametrize("clocks_differ", range(5))
def test_an_operators_act_explains_no_second_change_at_the_end_of_its_quarter_of_an_hour(
    scene: Scene, clocks_differ: int
) -> None:
    """The stream may say that the genuine change came a moment before the act itself."""
    active, suspended = scene.operate("suspend_authority")
    genuine = changed(active, suspended, scene.stage.clock() - timedelta(seconds=clocks_differ))
    assert deliver(unattended.watch_registry, genuine) == []
    scene.stage.clock.advance(minutes=15)
    scene.watch(active, suspended)  # somebody reinstated it by hand, and suspends it again
    assert [by is None for _, by in scene.recorded] == [False, True]


def test_an_act_of_an_operator_does_not_explain_what_happened_before_it(scene: Scene) -> None:
    """The stream may bring the hand edit after the operator's access record is there."""
    before = scene.item
    by_hand = {**before, "jwks": EDITS["jwks"]}
    edit = changed(before, by_hand, scene.stage.clock())
    scene.stage.clock.advance(seconds=6)
    _, after = scene.operate("replace_keys", jwks=NEW_KEYS)
    assert deliver(unattended.watch_registry, edit) == []
    scene.watch(by_hand, after)
    assert [(fields, by is None) for fields, by in scene.recorded] == [("jwks", True), ("jwks granted", False)]


def test_a_change_delivered_again_makes_no_second_access_record_and_no_second_notice(scene: Scene) -> None:
    record = scene.watch(*scene.operate("suspend_authority"))
    scene.stage.clock.advance(minutes=1)
    assert deliver(unattended.watch_registry, record) == []
    assert len(scene.recorded) == 1
    scene.operate("reinstate_authority")
    assert [one["kind"] for one in scene.notices()] == ["registry_changed"]
    assert [one["kind"] for one in scene.notices()] == ["registry_changed"]
    first, repeat = scene.topic.messages()
    assert first == repeat


def test_a_message_that_cannot_be_sent_is_sent_at_the_next_delivery(scene: Scene) -> None:
    before = scene.item
    record = changed(before, {**before, "jwks": EDITS["jwks"]}, scene.stage.clock())
    sns = scene.stage.aws.client("sns")
    sns.delete_topic(TopicArn=scene.stage.settings.alarm_topic)
    assert deliver(unattended.watch_registry, record) == [number_of(record)]
    assert len(scene.recorded) == 1
    sns.create_topic(Name=f"knownto-{STAGE}-alarms")
    again = Subscriber(scene.stage.aws.client, STAGE)
    assert deliver(unattended.watch_registry, record) == []
    assert (len(again.messages()), len(scene.recorded)) == (1, 1)


def test_nothing_is_reported_before_it_is_recorded(scene: Scene, faults: Faults) -> None:
    before = scene.item
    record = changed(before, {**before, "jwks": EDITS["jwks"]}, scene.stage.clock())
    for operation in ("PutItem", "Query"):
        faults.throttle(operation)
        assert deliver(unattended.watch_registry, record) == [number_of(record)]
        faults.clear()
        assert scene.topic.messages() == []
    assert deliver(unattended.watch_registry, record) == []
    assert len(scene.topic.messages()) == 1


def test_sets_that_come_in_another_order_are_no_change(scene: Scene) -> None:
    before = scene.item
    scene.watch(before, {**before, "scopes": {"SS": before["scopes"]["SS"][::-1]}})
    assert (scene.topic.messages(), scene.recorded) == ([], [])


def test_other_acts_of_an_authority_bring_it_no_notice(scene: Scene) -> None:
    scene.stage.call("GET", "/v1/involvements", token=scene.stage.token(scene.code))
    scene.operate("suspend_authority")
    scene.operate("reinstate_authority")
    assert scene.notices() == []


def test_a_stream_record_without_images_is_put_aside(stage: Stage, metrics: Metrics, letters: Letters) -> None:
    record = changed({"authority": {"S": "E09000014"}}, None, stage.clock())
    del record["dynamodb"]["OldImage"]
    assert deliver(unattended.watch_registry, record) == []
    assert [letter["sequence_number"] for letter in letters()] == [number_of(record)]
    assert metrics.count("StreamRecordsPutAside") == 1
