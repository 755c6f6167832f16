"""The names of the local stage, and the settings of its service."""

from pathlib import Path

from .aws import StageKeys, alarm_topic

STAGE = "local"
AUDIENCE = "https://known-to.local"
LOCAL = Path(".local")


def service_environ(aws_environ: dict[str, str], keys: StageKeys) -> dict[str, str]:
    """The environment of the service: its settings, and how it calls AWS."""
    return {
        **aws_environ,
        "KNOWNTO_STAGE": STAGE,
        "KNOWNTO_AUDIENCE": AUDIENCE,
        "KNOWNTO_MAC_KEY": keys.mac_key,
        "KNOWNTO_DATA_KEY": keys.data_key,
        "KNOWNTO_AUDIT_KEY": keys.audit_key,
        "KNOWNTO_HISTORY_KEY": keys.history_key,
        "KNOWNTO_BROKER_DESK_NAME": "National broker desk",
        "KNOWNTO_BROKER_DESK_PHONE": "020 7946 0100",
        "KNOWNTO_ALARM_TOPIC": alarm_topic(STAGE),
    }
