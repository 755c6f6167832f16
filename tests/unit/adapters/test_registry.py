"""The registry is edited by hand. An unreadable attribute grants nothing, and spoils only itself."""

from typing import Any

from chalicelib.adapters import telemetry
from chalicelib.adapters.dynamodb.registry_items import DEFAULT_REPORTS_EVERY_DAYS, read_authority, read_grants
from chalicelib.domain.authority import Authority, Contact, Purpose, Scope, Standing
from tests.support.cases import each
from tests.support.examples import EALING, NOW
from tests.support.log_lines import counted

HEALTHY: dict[str, Any] = {
    "authority": {"S": EALING},
    "name": {"S": "Ealing"},
    "sector": {"S": "local_authority"},
    "standing": {"S": "active"},
    "duty_contact": {"M": {"name": {"S": "Ealing duty team"}, "phone": {"S": "020 7946 0999"}}},
    "scopes": {"SS": ["lookup", "register"]},
    "purposes": {"SS": ["safeguarding"]},
    "jwks": {"S": "{}"},
    "reports_every_days": {"N": "3"},
}
"""Grants some scopes and purposes but not all, so that the tests notice a wider grant."""

VALUES: dict[str, Any] = {
    "S": {"S": "x"},
    "S empty": {"S": ""},
    "S of a list": {"S": "lookup register notices accesses shield"},
    "S of JSON": {"S": '["lookup","shield"]'},
    "S long": {"S": "x" * 100_000},
    "S of digits that are not ASCII": {"S": "٣"},
    "N": {"N": "1"},
    "N negative": {"N": "-1"},
    "N fraction": {"N": "0.5"},
    "N huge": {"N": "9" * 38},
    "N of digits that are not ASCII": {"N": "٣"},
    "N exponent": {"N": "1E+125"},
    "B": {"B": b"\xff\x00"},
    "BOOL": {"BOOL": True},
    "NULL": {"NULL": True},
    "L": {"L": []},
    "L of all types": {
        "L": [{"S": "x"}, {"N": "1"}, {"B": b""}, {"BOOL": False}, {"NULL": True}, {"L": []}, {"M": {}}, {"SS": ["a"]}]
    },
    "L of lists": {"L": [{"L": [{"S": "shield"}]}]},
    "M": {"M": {}},
    "M of numbers": {"M": {"name": {"N": "1"}, "phone": {"N": "2"}}},
    "M of itself": {"M": {"M": {"M": {}}}},
    "M named as a type": {"M": {"S": {"S": "lookup"}, "SS": {"SS": ["shield"]}}},
    "SS": {"SS": ["x"]},
    "SS of other cases and spaces": {"SS": ["LOOKUP", " shield", "shield ", "Health_Care", "Active", ""]},
    "NS": {"NS": ["1", "2"]},
    "BS": {"BS": [b"lookup", b"shield"]},
    "nothing": {},
    "a type there is not": {"XX": "shield"},
}
MISSING = "missing"
EDITS = [(name, kind) for name in HEALTHY if name not in ("authority", "jwks") for kind in (*VALUES, MISSING)]


def read(**attributes: Any) -> Authority:
    """The authority, if two people had granted what the item says."""
    item = {name: value for name, value in {**HEALTHY, **attributes}.items() if value is not None}
    return read_authority(EALING, item, read_grants(EALING, item), NOW)


def edited(name: str, kind: str, **attributes: Any) -> Authority:
    """The authority as it is read after a bad hand edit of one attribute."""
    return read(**{**attributes, name: VALUES.get(kind)})


def attributes_of(authority: Authority) -> dict[str, Any]:
    return {name: getattr(authority, name) for name in Authority.__struct_fields__}


def test_a_correct_item_is_read_unchanged() -> None:
    assert read() == Authority(
        code=EALING,
        name="Ealing",
        sector="local_authority",
        standing=Standing.ACTIVE,
        duty_contact=Contact("Ealing duty team", "020 7946 0999"),
        scopes=frozenset({Scope.LOOKUP, Scope.REGISTER}),
        purposes=frozenset({Purpose.SAFEGUARDING}),
        reports_every_days=3,
        last_write_at=NOW,
    )


@each(("name", "kind"), EDITS)
def test_no_hand_edit_of_an_attribute_widens_a_grant(name: str, kind: str) -> None:
    authority = edited(name, kind)
    assert authority.scopes <= read().scopes
    assert authority.purposes <= read().purposes


@each(("name", "kind"), EDITS)
def test_a_bad_hand_edit_spoils_only_its_own_attribute(name: str, kind: str) -> None:
    after, before = attributes_of(edited(name, kind)), attributes_of(read())
    assert {other for other in before if after[other] != before[other]} <= {name}


@each("standing", ["suspended", "removed"])
@each(("name", "kind"), EDITS)
def test_no_hand_edit_admits_an_authority_that_may_not_call(name: str, kind: str, standing: str) -> None:
    assert edited(name, kind, standing={"S": standing}).standing is not Standing.ACTIVE


@each("kind", [*VALUES, MISSING])
def test_an_unreadable_standing_counts_as_suspended(kind: str) -> None:
    assert edited("standing", kind).standing is Standing.SUSPENDED


@each("word", ["ACTIVE", "active ", "aktive", "true", "a\u200bctive"])
def test_a_standing_is_one_of_three_words_exactly(word: str) -> None:
    assert read(standing={"S": word}).standing is Standing.SUSPENDED


@each("kind", [*VALUES, MISSING])
def test_unreadable_grants_grant_nothing(kind: str) -> None:
    assert edited("scopes", kind).scopes == frozenset()
    assert edited("purposes", kind).purposes == frozenset()


@each("kind", [*VALUES, MISSING])
def test_an_unreadable_duty_contact_is_left_out(kind: str) -> None:
    assert edited("duty_contact", kind).duty_contact is None


NO_TEXT = [value for value in VALUES.values() if "S" not in value]


@each("value", NO_TEXT)
def test_a_duty_contact_without_a_name_or_a_phone_is_left_out(value: Any) -> None:
    name, phone = {"S": "Duty"}, {"S": "020 7946 0999"}
    for contact in ({"name": name, "phone": value}, {"name": value, "phone": phone}, {"name": name}, {"phone": phone}):
        assert read(duty_contact={"M": contact}).duty_contact is None


@each("kind", [*VALUES, MISSING])
def test_the_default_replaces_an_unreadable_interval(kind: str) -> None:
    expected = 1 if kind == "N" else DEFAULT_REPORTS_EVERY_DAYS
    assert edited("reports_every_days", kind).reports_every_days == expected


@each("kind", [kind for kind in VALUES if "S" not in VALUES[kind]] + ["S empty", MISSING])
def test_the_code_replaces_an_unreadable_name(kind: str) -> None:
    assert edited("name", kind).name == EALING
    assert edited("sector", kind).sector == "unknown"


ABSURD = {
    "name": ["x" * 201, "x" * 300_000, "\x00\u202eevil", " ", "\u200b"],
    "sector": ["x" * 41, "x" * 300_000, "\x00", " ", "Local Authority", "x"],
    "reports_every_days": ["0", "366", "999", "00000000000000000000007"],
}
NEUTRAL = {"name": EALING, "sector": "unknown", "reports_every_days": DEFAULT_REPORTS_EVERY_DAYS}


@each(("name", "value"), [(name, value) for name, values in ABSURD.items() for value in values])
def test_a_value_that_onboarding_would_refuse_is_counted_and_not_used(name: str, value: str) -> None:
    with counted() as metrics:
        telemetry.begin("id")
        authority = read(**{name: {"N" if name == "reports_every_days" else "S": value}})
        telemetry.emit("request", "Latency")
    assert getattr(authority, name) == NEUTRAL[name]
    assert metrics.count("RegistryFaults") == 1


@each(
    ("name", "phone"),
    [
        ("", "020 7946 0999"),
        ("Duty", ""),
        ("Duty", "call 0"),
        ("x" * 201, "020 7946 0999"),
        ("\u202e", "020 7946 0999"),
    ],
)
def test_a_duty_contact_that_nobody_could_ring_is_left_out(name: str, phone: str) -> None:
    assert read(duty_contact={"M": {"name": {"S": name}, "phone": {"S": phone}}}).duty_contact is None


def test_grants_may_be_a_string_set_or_a_list_as_the_console_writes_it() -> None:
    words = ["lookup", "notices"]
    as_list = read(scopes={"L": [{"S": word} for word in words]})
    assert as_list.scopes == read(scopes={"SS": words}).scopes == {Scope.LOOKUP, Scope.NOTICES}


def test_one_unknown_word_spoils_only_itself() -> None:
    assert read(scopes={"SS": ["lookup", "admin", "*"]}).scopes == {Scope.LOOKUP}
    assert read(scopes={"L": [{"S": "lookup"}, {"N": "1"}, {"S": "*"}]}).scopes == {Scope.LOOKUP}
