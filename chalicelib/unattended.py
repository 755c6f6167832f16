"""The composition root of what runs unattended: schedules and streams. Apart from `wiring.py`, as `operations.py`."""

from . import wiring
from .adapters.due_index import DueIndex
from .adapters.seen_access import SeenAccess
from .adapters.telemetry import meter
from .adapters.ttl_probe import DynamoTtlProbe
from .application.unattended.check_ttl import CheckTtl
from .application.unattended.notify import Notify
from .application.unattended.sweep import Sweep
from .application.unattended.watch_access import WatchAccess
from .application.unattended.watch_involvements import WatchInvolvements
from .domain.values import Struct


class Unattended(Struct, frozen=True, kw_only=True):
    watch_involvements: WatchInvolvements
    watch_access: WatchAccess
    seen_access: SeenAccess
    notify: Notify
    check_ttl: CheckTtl
    sweep: Sweep


def build(parts: wiring.Parts) -> Unattended:
    access_log = parts.access_log
    return Unattended(
        watch_involvements=WatchInvolvements(
            access_log=access_log, history=access_log, same_id=wiring.same_id, meter=meter
        ),
        watch_access=WatchAccess(meter=meter),
        seen_access=SeenAccess(parts.tables, parts.sealer),
        notify=Notify(
            notices=parts.notices,
            involvements=parts.involvements,
            registry=parts.registry,
            clock=parts.clock,
            meter=meter,
            broker_desk_code=parts.settings.broker_desk_code,
        ),
        check_ttl=CheckTtl(probe=DynamoTtlProbe(parts.tables), clock=parts.clock, meter=meter),
        sweep=Sweep(
            due=DueIndex(parts.tables),
            involvements=parts.involvements,
            registry=parts.registry,
            notices=parts.notices,
            clock=parts.clock,
            same_id=wiring.same_id,
            meter=meter,
            schedule=parts.settings.schedule,
        ),
    )


def unattended() -> Unattended:
    """Of the services that are installed. Raises BadSetting."""
    return build(wiring.services().parts)
