"""Settings: everything that differs between stages. `wiring/parts.py` reads them once from the environment."""

from collections.abc import Mapping

import msgspec

from .domain.authority import Contact
from .domain.child import AcceptedNumbers, NhsNumber, read_nhs_number
from .domain.errors import InvalidRequest
from .domain.retention import Schedule
from .domain.shield_limits import ShieldLimits
from .domain.values import Struct

PRODUCTION = "production"
_LONGEST_PERIOD = 600
"""In years, months or days, whichever the period is in. A longer retention period is a typing error."""

_MOST_SHIELDS = 10_000
"""In a day. The counter of so many children still fits into an item."""


class BadSetting(Exception):
    """A setting is missing or makes no sense. The message names the setting and never its value."""


class Settings(Struct, frozen=True, kw_only=True):
    """
    KNOWNTO_STAGE              part of the tables' names (`knownto-<stage>-…`); `production` takes issued numbers only
    KNOWNTO_AUDIENCE           the `aud` claim that every token must have
    KNOWNTO_MAC_KEY            id or ARN of the KMS HMAC_256 key of the pseudonyms. Not an alias, which could be moved
                               to another key: then every child would seem unknown
    KNOWNTO_DATA_KEY           id, alias or ARN of the KMS key that wraps the service key
    KNOWNTO_AUDIT_KEY          id, alias or ARN of the KMS key that wraps the audit key
    KNOWNTO_HISTORY_KEY        id or ARN of the KMS key that signs checkpoints. Not an alias, which could be moved to
                               another key: then no witness would believe the history any more
    KNOWNTO_BROKER_DESK_NAME   the name of the national 24-hour desk, as shown to practitioners
    KNOWNTO_BROKER_DESK_PHONE  its phone number
    KNOWNTO_BROKER_DESK_CODE   the desk's authority code, under which it receives notices; optional but in production
    KNOWNTO_SMOKE_NUMBER       optional: the one never-issued NHS number that production takes too, for smoke tests
    KNOWNTO_DEAD_LETTERS       optional: the URL of the queue for stream records that no retry can help. Without it
                               they are tried again until they are too old
    KNOWNTO_ALARM_TOPIC        optional: the ARN of the alarm topic, to which `watch_registry` sends its messages
    KNOWNTO_RETENTION          optional: JSON object of `Schedule` fields that differ from the defaults
    KNOWNTO_SHIELD_LIMITS      optional: JSON object of `ShieldLimits` fields that differ from the defaults
    """

    stage: str
    audience: str
    mac_key: str
    data_key: str
    audit_key: str
    history_key: str
    broker_desk: Contact
    broker_desk_code: str | None
    schedule: Schedule
    smoke_test_number: NhsNumber | None = None
    dead_letters: str | None = None
    alarm_topic: str | None = None
    shield_limits: ShieldLimits = ShieldLimits()

    @property
    def production(self) -> bool:
        return self.stage == PRODUCTION

    @property
    def accepted_numbers(self) -> AcceptedNumbers:
        return AcceptedNumbers(production=self.production, smoke_test=self.smoke_test_number)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises BadSetting, which names the first setting that is missing or makes no sense."""

        def required(name: str) -> str:
            if not environ.get(name):
                raise BadSetting(f"{name} is not set")
            return environ[name]

        return cls(
            stage=required("KNOWNTO_STAGE"),
            audience=required("KNOWNTO_AUDIENCE"),
            mac_key=required("KNOWNTO_MAC_KEY"),
            data_key=required("KNOWNTO_DATA_KEY"),
            audit_key=required("KNOWNTO_AUDIT_KEY"),
            history_key=required("KNOWNTO_HISTORY_KEY"),
            broker_desk=Contact(required("KNOWNTO_BROKER_DESK_NAME"), required("KNOWNTO_BROKER_DESK_PHONE")),
            broker_desk_code=_broker_desk_code(environ),
            schedule=_schedule(environ.get("KNOWNTO_RETENTION", "{}")),
            smoke_test_number=_smoke_test_number(environ.get("KNOWNTO_SMOKE_NUMBER") or None),
            dead_letters=environ.get("KNOWNTO_DEAD_LETTERS") or None,
            alarm_topic=environ.get("KNOWNTO_ALARM_TOPIC") or None,
            shield_limits=_shield_limits(environ.get("KNOWNTO_SHIELD_LIMITS") or "{}"),
        )


def _broker_desk_code(environ: Mapping[str, str]) -> str | None:
    code = environ.get("KNOWNTO_BROKER_DESK_CODE") or None
    if code is None and environ.get("KNOWNTO_STAGE") == PRODUCTION:
        raise BadSetting("KNOWNTO_BROKER_DESK_CODE is not set, and production needs a broker desk")
    return code


def _shield_limits(text: str) -> ShieldLimits:
    try:
        given = msgspec.json.decode(text, type=dict[str, int])
    except msgspec.MsgspecError:
        raise BadSetting("KNOWNTO_SHIELD_LIMITS is not a JSON object of numbers") from None
    if unknown := given.keys() - set(ShieldLimits.__struct_fields__):
        raise BadSetting(f"KNOWNTO_SHIELD_LIMITS has unknown fields: {', '.join(sorted(unknown))}")
    limits = ShieldLimits(**given)
    for soft, hard in (
        (limits.practitioner_soft, limits.practitioner_hard),
        (limits.authority_soft, limits.authority_hard),
    ):
        if not 1 <= soft <= hard <= _MOST_SHIELDS:
            raise BadSetting(f"KNOWNTO_SHIELD_LIMITS must rise from 1 over soft and hard limit to {_MOST_SHIELDS:,}")
    return limits


def _smoke_test_number(text: str | None) -> NhsNumber | None:
    if text is None:
        return None
    try:
        return read_nhs_number(text, AcceptedNumbers(production=False))
    except InvalidRequest:
        raise BadSetting("KNOWNTO_SMOKE_NUMBER is not a valid NHS number that begins with 9") from None


def _schedule(text: str) -> Schedule:
    try:
        given = msgspec.json.decode(text, type=dict[str, object])
        if unknown := given.keys() - set(Schedule.__struct_fields__):
            raise BadSetting(f"KNOWNTO_RETENTION has unknown fields: {', '.join(sorted(unknown))}")
        schedule = msgspec.convert(given, Schedule)
    except msgspec.MsgspecError:
        raise BadSetting("KNOWNTO_RETENTION is not a JSON object of retention periods") from None
    periods = [period for period in msgspec.structs.asdict(schedule).values() if isinstance(period, int)]
    if not all(0 <= period <= _LONGEST_PERIOD for period in (*periods, *schedule.notice_days)):
        raise BadSetting(f"KNOWNTO_RETENTION has a period outside 0 to {_LONGEST_PERIOD}")
    return schedule
