"""Settings come from the environment, whole or not at all."""

import pytest

from chalicelib.config import BadSetting, Settings
from chalicelib.domain.authority import Contact
from chalicelib.domain.child import NhsNumber
from chalicelib.domain.involvement import Basis, ServiceType
from chalicelib.domain.retention import Schedule
from chalicelib.domain.shield_limits import ShieldLimits

ENVIRON = {
    "KNOWNTO_STAGE": "test",
    "KNOWNTO_AUDIENCE": "https://known-to.test",
    "KNOWNTO_MAC_KEY": "alias/mac",
    "KNOWNTO_DATA_KEY": "alias/data",
    "KNOWNTO_AUDIT_KEY": "alias/audit",
    "KNOWNTO_HISTORY_KEY": "history-key",
    "KNOWNTO_BROKER_DESK_NAME": "National broker desk",
    "KNOWNTO_BROKER_DESK_PHONE": "020 7946 0100",
}


def schedule_of(text: str) -> Schedule:
    return Settings.from_env({**ENVIRON, "KNOWNTO_RETENTION": text}).schedule


def test_settings_are_read_from_the_environment() -> None:
    assert Settings.from_env(ENVIRON) == Settings(
        stage="test",
        audience="https://known-to.test",
        mac_key="alias/mac",
        data_key="alias/data",
        audit_key="alias/audit",
        history_key="history-key",
        broker_desk=Contact("National broker desk", "020 7946 0100"),
        broker_desk_code=None,
        schedule=Schedule(),
    )
    assert Settings.from_env({**ENVIRON, "KNOWNTO_BROKER_DESK_CODE": "DESK1"}).broker_desk_code == "DESK1"
    assert Settings.from_env({**ENVIRON, "KNOWNTO_BROKER_DESK_CODE": ""}).broker_desk_code is None


def test_the_limits_on_shields_can_be_changed_one_by_one() -> None:
    environ = {**ENVIRON, "KNOWNTO_SHIELD_LIMITS": '{"practitioner_soft": 3}'}
    assert Settings.from_env(environ).shield_limits == ShieldLimits(practitioner_soft=3)
    assert Settings.from_env({**ENVIRON, "KNOWNTO_SHIELD_LIMITS": ""}).shield_limits == ShieldLimits()


@pytest.mark.parametrize(
    "text",
    [
        "5",
        '{"practitioner_soft": "5"}',
        '{"day": 5}',
        '{"practitioner_soft": 0}',
        '{"authority_soft": 500}',
        '{"authority_hard": 20000}',
    ],
)
def test_limits_on_shields_that_make_no_sense_stop_the_start(text: str) -> None:
    with pytest.raises(BadSetting, match=r"^KNOWNTO_SHIELD_LIMITS"):
        Settings.from_env({**ENVIRON, "KNOWNTO_SHIELD_LIMITS": text})


@pytest.mark.parametrize("name", ENVIRON)
def test_the_error_names_a_setting_that_is_missing_or_empty(name: str) -> None:
    for environ in ({**ENVIRON, name: ""}, {key: value for key, value in ENVIRON.items() if key != name}):
        with pytest.raises(BadSetting, match=f"^{name} is not set$"):
            Settings.from_env(environ)


@pytest.mark.parametrize(
    ("stage", "production"), [("production", True), ("test", False), ("Production", False), ("prod", False)]
)
def test_only_the_stage_named_production_is_production(stage: str, production: bool) -> None:
    environ = {**ENVIRON, "KNOWNTO_STAGE": stage, "KNOWNTO_BROKER_DESK_CODE": "DESK1"}
    assert Settings.from_env(environ).production is production


def test_production_does_not_start_without_a_broker_desk() -> None:
    with pytest.raises(BadSetting, match=r"^KNOWNTO_BROKER_DESK_CODE "):
        Settings.from_env({**ENVIRON, "KNOWNTO_STAGE": "production"})


def test_one_retention_period_can_be_changed_and_the_others_keep_their_defaults() -> None:
    assert schedule_of('{"lapse_months": 12}') == Schedule(lapse_months=12)


def test_the_services_and_bases_of_the_retention_schedule_can_be_changed() -> None:
    schedule = schedule_of('{"kept_long": ["police"], "extended_bases": ["statutory"], "notice_days": [60]}')
    assert schedule.kept_long == {ServiceType.POLICE}
    assert schedule.extended_bases == {Basis.STATUTORY}
    assert schedule.notice_days == (60,)


def test_a_stage_decides_which_bases_a_sensitive_service_may_have() -> None:
    assert schedule_of("{}").sensitive_bases == {
        Basis.CONSENT,
        Basis.SIGNIFICANT_HARM,
        Basis.DUTY_TO_SHARE,
        Basis.LEAVING_CARE,
    }
    assert schedule_of('{"sensitive_bases": ["consent"]}').sensitive_bases == {Basis.CONSENT}
    assert schedule_of('{"sensitive_bases": []}').sensitive_bases == set()


@pytest.mark.parametrize("text", ["9990000018", "9449305552", "9000000009"])
def test_the_number_of_the_smoke_test_is_a_synthetic_one(text: str) -> None:
    settings = Settings.from_env(
        {**ENVIRON, "KNOWNTO_BROKER_DESK_CODE": "DESK1", "KNOWNTO_STAGE": "production", "KNOWNTO_SMOKE_NUMBER": text}
    )
    assert settings.smoke_test_number == NhsNumber(text)
    assert settings.accepted_numbers.accept(NhsNumber(text))


@pytest.mark.parametrize("environ", [{}, {"KNOWNTO_SMOKE_NUMBER": ""}])
def test_without_a_smoke_test_production_takes_no_synthetic_number(environ: dict[str, str]) -> None:
    settings = Settings.from_env(
        {**ENVIRON, "KNOWNTO_BROKER_DESK_CODE": "DESK1", "KNOWNTO_STAGE": "production", **environ}
    )
    assert settings.smoke_test_number is None
    assert not settings.accepted_numbers.accept(NhsNumber("9990000018"))


@pytest.mark.parametrize(
    "text", ["4010232137", "9990000019", "9990 000 018", "3200000007", "0101010028", "9999999999", "x", " "]
)
def test_any_other_number_for_the_smoke_test_stops_every_function(text: str) -> None:
    with pytest.raises(BadSetting, match=r"^KNOWNTO_SMOKE_NUMBER ") as refused:
        Settings.from_env({**ENVIRON, "KNOWNTO_SMOKE_NUMBER": text})
    assert refused.value.args == ("KNOWNTO_SMOKE_NUMBER is not a valid NHS number that begins with 9",)


BAD_SCHEDULES = [
    '{"sensitive_bases": ["consents"]}',
    '{"sensitive_bases": "consent"}',
    "",
    "{",
    "[]",
    "null",
    "24",
    '{"lapse_months": "24"}',
    '{"lapse_months": 24.5}',
    '{"lapse_months": true}',
    '{"lapse_months": null}',
    '{"lapse_months": -1}',
    '{"lapse_months": 601}',
    '{"ended_years": 1e30}',
    '{"kept_long": ["social_worker"]}',
    '{"kept_long": "police"}',
    '{"notice_days": 30}',
    '{"lapse_month": 24}',
    '{"notice_days": [-1]}',
    '{"notice_days": [1000000000]}',
]


@pytest.mark.parametrize("text", BAD_SCHEDULES)
def test_a_bad_retention_schedule_is_refused_before_anything_is_served(text: str) -> None:
    with pytest.raises(BadSetting, match=r"^KNOWNTO_RETENTION "):
        schedule_of(text)


def test_an_error_never_quotes_a_value() -> None:
    with pytest.raises(BadSetting) as refused:
        schedule_of('{"lapse_months": "hunter2"}')
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
