"""The folder of this user's settings, witness files and the key of the digests."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def find_settings_folder(environ: Mapping[str, str]) -> Path:
    """KNOWN_TO_HOME, or where the system keeps such folders."""
    if named := environ.get("KNOWN_TO_HOME"):
        return Path(named)
    if sys.platform == "win32":
        return Path(environ.get("APPDATA") or Path.home()) / "known-to"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "known-to"
    # A relative path would lead into the working folder, so the XDG rules say to ignore it.
    named = environ.get("XDG_CONFIG_HOME", "")
    return (Path(named) if os.path.isabs(named) else Path.home() / ".config") / "known-to"
