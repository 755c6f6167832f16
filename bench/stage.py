"""The stage for measurements: that of the tests, without limits on lookups."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chalicelib.adapters.telemetry import SERVICE
from chalicelib.domain.limits import Limits
from chalicelib.wiring import api, parts, unattended
from tests.support.stage import Stage, running_stage

_NO_LIMITS = Limits(practitioner_hour=10**8, practitioner_day=10**8, authority_day=10**8, people_day=10**8)


@contextmanager
def open_stage(read_timeout_seconds: float = parts.READ_TIMEOUT_SECONDS) -> Iterator[Stage]:
    """`read_timeout_seconds`: longer than in service if the emulator may be slower than AWS."""
    with tempfile.TemporaryDirectory() as folder, running_stage(Path(folder) / "ministack.log") as stage:
        stage.clients = parts.make_clients(read_timeout_seconds)
        stage.services = api.build(parts.make_parts(stage.settings, stage.clients, stage.clock), limits=_NO_LIMITS)
        api.install(stage.services)
        _seal_a_minute(stage)
        yield stage
        api.install(None)


def _seal_a_minute(stage: Stage) -> None:
    """So that answers carry a checkpoint, as in service."""
    unattended.functions().close_history(lambda: True)
    stage.services.look_up.checkpoints.refresh()


@contextmanager
def lines_written_to(path: Path) -> Iterator[None]:
    """Writes the log lines to `path`. They are made as on Lambda."""
    handlers = [h for h in logging.getLogger(SERVICE).handlers if isinstance(h, logging.StreamHandler)]
    with path.open("w") as file:
        before = [handler.setStream(file) for handler in handlers]
        yield
        for handler, stream in zip(handlers, before, strict=True):
            handler.setStream(stream)
