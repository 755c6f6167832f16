"""The settings of the local stage that `make run` started. They are read only if the caller asks for that stage."""

import json
from pathlib import Path

from .errors import FileError, SettingsError
from .guarded_files import read_secret
from .settings import Settings

DEMO_FILE = Path(".local") / "demo.json"
_LARGEST = 1024 * 1024
_DEMO_AUTHORITY = "E09000014"


def from_demo(start: Path, authority: str | None = None) -> Settings:
    """The settings of the local stage that runs in `start` or a folder above it. Raises SettingsError."""
    for folder in (start, *start.parents):
        if (folder / DEMO_FILE).is_file():
            return _demo(folder / DEMO_FILE, authority or _DEMO_AUTHORITY)
    raise SettingsError(
        "No local stage is running here. Start one with make run in the folder of the service, and work in that folder."
    )


def _demo(path: Path, authority: str) -> Settings:
    try:
        demo = json.loads(read_secret(path, _LARGEST))
        key = demo["authorities"].get(authority)
        if key is None:
            known = ", ".join(f"{code} {entry['name']}" for code, entry in demo["authorities"].items())
            raise SettingsError(f"The local stage cannot sign for that authority. It can sign for: {known}.")
        settings = Settings(
            base_url=demo["base_url"],
            audience=demo["audience"],
            authority=authority,
            kid=key["kid"],
            private_key_pem=key["private_key_pem"],
            practitioner="sw-1",
            role="Social worker",
        )
    except (FileError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise SettingsError(f"{path} is damaged. Stop the local stage and start it again: make run.") from None
    if not settings.is_this_machine:
        # Somebody else may have put the file there, to be sent whatever is asked.
        raise SettingsError(f"{path} names an address that is not of this machine, so it is not of a local stage.")
    return settings
