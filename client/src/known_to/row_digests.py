"""Keyed digests of rows. Without the key, a digest reveals nothing about its row.

The key is random. It stays on this machine, in another folder than the state file that holds the digests.
"""

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .errors import FileError, SettingsError
from .guarded_files import read_secret
from .local_files import file_errors, write_new

_KEY_BYTES = 32
_MOST_BYTES = 4096
_DIGEST_CHARACTERS = 32

Digest = Callable[[Mapping[str, Any]], str]


def digest_with(key_file: Path, destination: str) -> Digest:
    """Returns a function that makes the digest of a record to be sent to `destination`. Makes the key if there is none.

    Raises FileError, UnsafeFile, or SettingsError if the key file has the wrong size.
    """
    key = _key(key_file)

    def digest(record: Mapping[str, Any]) -> str:
        text = json.dumps([destination, record], sort_keys=True)
        return hmac.new(key, text.encode(), "sha256").hexdigest()[:_DIGEST_CHARACTERS]

    return digest


def _key(key_file: Path) -> bytes:
    with file_errors(key_file, "made"):
        key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file_errors(key_file, "read"):
        if not key_file.exists():
            _make(key_file)
    key = read_secret(key_file, _MOST_BYTES)
    if len(key) != _KEY_BYTES:
        raise SettingsError(f"{key_file} is damaged. Delete it. A load that was cut off will then start again.")
    return key


def _make(key_file: Path) -> None:
    try:
        write_new(key_file, secrets.token_bytes(_KEY_BYTES))
    except FileError:
        # Another load may have made it in the meantime.
        if not key_file.exists():
            raise
