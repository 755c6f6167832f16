import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.log_lines import Lines, written


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Returns the log lines written since the previous call."""
    with written() as output:

        def since() -> list[dict[str, Any]]:
            text = output.getvalue()
            output.seek(0)
            output.truncate()
            return [json.loads(line) for line in text.splitlines()]

        yield since
