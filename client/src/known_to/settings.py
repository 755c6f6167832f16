"""The address of the service and how to sign in.

They come from a TOML file, environment variables, or the file of the local stage.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .errors import SettingsError
from .local_files import SAVE_AS_UTF_8, reason
from .signing import Caller, Signer

CONFIG_NAME = "known-to.toml"
DEMO_FILE = Path(".local") / "demo.json"
NOT_AN_ADDRESS = "base_url is not an address. Write it like https://known-to.example."
_PREFIX = "KNOWN_TO_"
_NEEDED = ("base_url", "audience", "authority", "kid", "key_file")
_OPTIONAL = ("practitioner", "role", "feed", "history_key")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_DEMO_AUTHORITY = "E09000014"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`practitioner` and `role`: the caller, unless a call names another. `feed`: the name after `system:`.
    `history_key`: the id of the only key that may sign the history."""

    base_url: str
    audience: str
    authority: str
    kid: str
    private_key_pem: str = field(repr=False)
    practitioner: str | None = None
    role: str = "Practitioner"
    feed: str = "feed"
    history_key: str | None = None

    def __post_init__(self) -> None:
        address = _parts(self.base_url)
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in _LOOPBACK):
            raise SettingsError("base_url must begin with https://. Only an address of this machine may use http://.")
        if address.query or address.fragment or address.username or not address.hostname:
            raise SettingsError("base_url must be an address and nothing else, such as https://known-to.example.")

    def signer(self) -> Signer:
        return Signer(self.authority, self.audience, self.kid, self.private_key_pem)

    def system_caller(self) -> Caller:
        """The authority's own system, which sends the feed and reads the notices."""
        return Caller(f"system:{self.feed}", "Feed")


def _parts(base_url: str) -> SplitResult:
    try:
        address = urlsplit(base_url)
        address.port  # noqa: B018 - urlsplit checks the port only when it is read
    except ValueError:
        raise SettingsError(NOT_AN_ADDRESS) from None
    return address


def from_file_and_environment(environ: Mapping[str, str], *candidates: Path) -> Settings:
    """Reads the first of `candidates` that exists. KNOWN_TO_BASE_URL and the other variables override it.

    Raises SettingsError, which names the settings that are missing.
    """
    config = next((candidate for candidate in candidates if _exists(candidate)), None)
    values = {} if config is None else _toml(config)
    for name in (*_NEEDED, *_OPTIONAL):
        if value := environ.get(_PREFIX + name.upper()):
            values[name] = value
    missing = [name for name in _NEEDED if name not in values]
    if missing:
        raise SettingsError(
            f"Not configured: {', '.join(missing)}. Write them into {CONFIG_NAME} or set "
            f"{', '.join(_PREFIX + name.upper() for name in missing)}. "
            "Or try the local stage that make run starts: known-to --demo."
        )
    return Settings(private_key_pem=_pem(values.pop("key_file")), **values)


def _exists(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {reason(error)}.") from None


def _toml(config: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(config.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        hint = f" {SAVE_AS_UTF_8}" if isinstance(error, UnicodeDecodeError) else ""
        raise SettingsError(f"{config} cannot be read: {_reason(error)}.{hint}") from None
    known = (*_NEEDED, *_OPTIONAL)
    if unknown := sorted(values.keys() - set(known)):
        raise SettingsError(
            f"{config} has settings that are not known: {', '.join(unknown)}. "
            f"The known settings are: {', '.join(known)}."
        )
    if any(not isinstance(value, str) for value in values.values()):
        raise SettingsError(f"{config}: every setting must be text in quotes.")
    if "key_file" in values:
        values["key_file"] = str(config.parent / Path(values["key_file"]).expanduser())
    return values


def _pem(key_file: str) -> str:
    try:
        return Path(key_file).expanduser().read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise SettingsError(f"The signing key {key_file} cannot be read: {_reason(error)}.") from None


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return reason(error)
    if isinstance(error, tomllib.TOMLDecodeError):
        return str(error)
    return "it is not UTF-8 text"


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
        demo = json.loads(path.read_text(encoding="utf-8"))
        key = demo["authorities"].get(authority)
        if key is None:
            known = ", ".join(f"{code} {entry['name']}" for code, entry in demo["authorities"].items())
            raise SettingsError(f"The local stage cannot sign for that authority. It can sign for: {known}.")
        return Settings(
            base_url=demo["base_url"],
            audience=demo["audience"],
            authority=authority,
            kid=key["kid"],
            private_key_pem=key["private_key_pem"],
            practitioner="sw-1",
            role="Social worker",
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise SettingsError(f"{path} is damaged. Stop the local stage and start it again: make run.") from None
