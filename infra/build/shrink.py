"""Makes the files of a folder smaller without changing what they do."""

import gzip
import json
from collections.abc import Collection
from pathlib import Path
from struct import unpack_from
from typing import Any

_ELF_64_LITTLE = b"\x7fELF\x02\x01"


def strip_symbols(library: Path) -> None:
    """Cuts what lies behind the last byte that the loader maps: names for debuggers, and the table of sections.

    Like sstrip, and for either architecture, since `strip` of one machine does not know the other's format.
    """
    content = library.read_bytes()
    if not content.startswith(_ELF_64_LITTLE):
        return
    (headers_at,) = unpack_from("<Q", content, 0x20)
    header_size, headers = unpack_from("<HH", content, 0x36)
    end = headers_at + header_size * headers
    for at in range(headers_at, end, header_size):
        offset, size = unpack_from("<Q", content, at + 8)[0], unpack_from("<Q", content, at + 32)[0]
        end = max(end, offset + size)
    mapped = bytearray(content[:end])
    mapped[0x28:0x30] = bytes(8)  # where the table of sections was
    mapped[0x3C:0x40] = bytes(4)  # how many there were, and which held their names
    library.write_bytes(mapped)


def prune_data(data: Path, services: Collection[str]) -> None:
    """botocore's data, unpacked and without its documentation, and endpoints of `services` only."""
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
    """Only texts go: a shape may have a member called `documentation`."""
    if isinstance(content, dict):
        kept = {name: value for name, value in content.items() if name != "documentation" or not isinstance(value, str)}
        return {name: _without_documentation(value) for name, value in kept.items()}
    return [_without_documentation(each) for each in content] if isinstance(content, list) else content
