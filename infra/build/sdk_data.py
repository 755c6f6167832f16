"""Makes botocore's data files smaller. The SDK behaves as before for the services that are kept."""

import gzip
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any


def prune_data(data: Path, services: Collection[str]) -> None:
    """Unpacks the files, removes their documentation, and keeps the endpoints of `services` only."""
    for file in sorted(data.rglob("*.json*")):
        raw = file.read_bytes()
        content = json.loads(gzip.decompress(raw) if file.suffix == ".gz" else raw)
        if file.name == "endpoints.json":
            for partition in content["partitions"]:
                named = partition["services"]
                partition["services"] = {name: named[name] for name in named if name in services}
        file.unlink()
        compact = json.dumps(_without_documentation(content), separators=(",", ":"))
        file.with_name(file.name.removesuffix(".gz")).write_text(compact)


def _without_documentation(content: Any) -> Any:
    """Removes only texts, because a shape may have a member called `documentation`."""
    if isinstance(content, dict):
        kept = {name: value for name, value in content.items() if name != "documentation" or not isinstance(value, str)}
        return {name: _without_documentation(value) for name, value in kept.items()}
    return [_without_documentation(each) for each in content] if isinstance(content, list) else content
