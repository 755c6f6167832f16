"""The local stage's HTTP front with the tests' stage behind it, on a real port."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.local.demo import Demo
from infra.local.processes import LOOPBACK, free_port, is_taken, running

from .stage import AUDIENCE, Stage

_ROOT = Path(__file__).parents[2]


@contextmanager
def served(stage: Stage, folder: Path) -> Iterator[str]:
    """Yields the address. `folder` gets the log, and `.local/demo.json` for the pages."""
    port, settings = free_port(), stage.settings
    environ = {
        **os.environ,
        **stage.aws.environ,
        "PYTHONPATH": str(_ROOT),
        "KNOWNTO_STAGE": settings.stage,
        "KNOWNTO_AUDIENCE": settings.audience,
        "KNOWNTO_MAC_KEY": settings.mac_key,
        "KNOWNTO_DATA_KEY": settings.data_key,
        "KNOWNTO_AUDIT_KEY": settings.audit_key,
        "KNOWNTO_HISTORY_KEY": settings.history_key,
        "KNOWNTO_BROKER_DESK_NAME": settings.broker_desk.name,
        "KNOWNTO_BROKER_DESK_PHONE": settings.broker_desk.phone,
    }
    keys = {
        code: {"name": code, "kid": key.kid, "alg": key.alg, "private_key_pem": key.private_key_pem}
        for code, key in stage.keys.items()
    }
    address = f"http://{LOOPBACK}:{port}"
    demo = Demo(address, AUDIENCE, stage.aws.endpoint_url, "eu-west-2", keys)
    with pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        demo.save()
    command = [
        *(sys.executable, "-m", "gunicorn", "infra.local.gateway:application", "--bind", f"{LOOPBACK}:{port}"),
        *("--worker-class", "infra.local.gateway.Worker", "--workers", "2", "--no-control-socket"),
        *("--chdir", str(folder)),
    ]
    with running(command, environ, folder / "log", lambda: is_taken(port)):
        yield address
