"""A lookup whose reply never ends, on the command line."""

import time
from pathlib import Path

import pytest

from client.tests.command_line import ASK, started
from client.tests.fake_service import CHILD
from client.tests.service import Service
from client.tests.test_network import HEAD, forever
from client.tests.tls_servers import serving

pytestmark = pytest.mark.system


def test_a_dripping_lookup_reports_that_it_could_not_check_within_half_a_minute(
    service: Service, tmp_path: Path
) -> None:
    # A drip hung a lookup for 90 seconds, and nothing was printed.
    with serving(forever(b" ", HEAD + b"Content-Length: 1000000\r\n\r\n", 0.5)) as server:
        service.configure(tmp_path, base_url=server.address)
        began = time.monotonic()
        child = started(tmp_path, *ASK)
        out, err = child.communicate(CHILD)
        assert time.monotonic() - began < 40
    assert (child.returncode, out) == (4, "")
    assert err.startswith("COULD NOT CHECK. Treat as unknown; ring your duty team.\n")
