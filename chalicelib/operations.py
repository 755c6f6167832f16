"""The composition root of what operators run. Apart from `wiring.py`, so that a lookup's cold start does without it."""

from dataclasses import dataclass

from . import wiring
from .adapters.authority_store import DynamoAuthorities
from .adapters.service_key import WrappedServiceKey
from .application.operations.make_service_key import MakeServiceKey
from .application.operations.onboard_authority import OnboardAuthority


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    make_service_key: MakeServiceKey
    onboard_authority: OnboardAuthority


def build(parts: wiring.Parts) -> Operations:
    settings, clock, new_id = parts.settings, parts.clock, wiring.new_id
    authorities = DynamoAuthorities(parts.tables, parts.access_log)
    service_key = WrappedServiceKey(
        parts.tables, parts.access_log, parts.clients.kms, settings.data_key, settings.stage
    )
    return Operations(
        make_service_key=MakeServiceKey(keys=service_key, clock=clock, new_id=new_id),
        onboard_authority=OnboardAuthority(authorities=authorities, clock=clock, new_id=new_id),
    )


def operations() -> Operations:
    """Of the services that are installed. Raises BadSetting."""
    return build(wiring.services().parts)
