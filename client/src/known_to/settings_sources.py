"""Reads settings from one TOML file, or from environment variables.

A file in the working folder is read only if it is named: anybody may have put it there. The address, the key and what
else decides who gets a token come from one place together, so that nobody can point our key at another host by adding
one of them.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import FileError, SettingsError
from .guarded_files import check_folder, read_secret, read_unaltered
from .local_files import SAVE_AS_UTF_8
from .settings import Settings
from .settings_folder import find_settings_folder

CONFIG_NAME = "known-to.toml"
LARGEST_KEY = 64 * 1024
_LARGEST_CONFIG = 64 * 1024
_PREFIX = "KNOWN_TO_"
_NEEDED = ("base_url", "audience", "authority", "kid", "key_file")
_FILES = ("ca_bundle", "client_certificate", "client_key")
_TOGETHER = (*_NEEDED, "history_key", "proxy", *_FILES)
_ANYWHERE = ("practitioner", "role", "feed")
ALL = (*_TOGETHER, *_ANYWHERE)


def from_file_and_environment(
    environ: Mapping[str, str], config: Path | None = None, *, authority: str | None = None
) -> Settings:
    """Reads `config`, or the file that KNOWN_TO_CONFIG names, or known-to.toml in the settings folder.

    Or reads variables only, if those of the address or the key are set. `authority` replaces the one that was read.
    Raises SettingsError, which names the settings that are missing, or FileError.
    """
    variables = {name: value for name in ALL if (value := environ.get(_variable(name)))}
    together = [name for name in _TOGETHER if name in variables]
    file = _named(environ, config)
    if file is not None and together:
        raise SettingsError(
            f"{file} is named, but {_variables(together)} is set too. The settings of the address and the key come "
            "from one place: unset the variables, or name no file."
        )
    default = find_settings_folder(environ) / CONFIG_NAME
    if file is None and not together and _exists(default):
        file = default
    values = {} if file is None else _toml(file)
    values |= variables if authority is None else {**variables, "authority": authority}
    if missing := [name for name in _NEEDED if name not in values]:
        raise SettingsError(_missing(missing, file, together, default))
    return Settings(private_key_pem=_pem(Path(values.pop("key_file")).expanduser()), **values)


def _named(environ: Mapping[str, str], config: Path | None) -> Path | None:
    if config is None and (named := environ.get(_variable("config"))):
        config = Path(named).expanduser()
    if config is not None and not _exists(config):
        raise SettingsError(f"There is no file {config}.")
    return config


def _missing(missing: list[str], file: Path | None, together: list[str], default: Path) -> str:
    if file is not None:
        return f"{file} does not have: {', '.join(missing)}."
    if together:
        return (
            f"{_variables(together)} is set, so the settings of the address and the key come from variables, and no "
            f"file is read. Not set: {_variables(missing)}."
        )
    return (
        f"Not configured: {', '.join(missing)}. Write them into {default}, or set {_variables(missing)}. "
        f"Or try the local stage that make run starts: known-to --demo.{_unread()}"
    )


def _unread() -> str:
    if not Path(CONFIG_NAME).is_file():
        return ""
    return f" {CONFIG_NAME} in this folder is read only if you name it: known-to --config {CONFIG_NAME}."


def _variable(name: str) -> str:
    return _PREFIX + name.upper()


def _variables(names: list[str]) -> str:
    return ", ".join(map(_variable, names))


def _exists(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.") from None


def _toml(config: Path) -> dict[str, Any]:
    values = _parsed(config, _content(config))
    if unknown := sorted(values.keys() - set(ALL)):
        raise SettingsError(
            f"{config} has settings that are not known: {', '.join(unknown)}. The known settings are: {', '.join(ALL)}."
        )
    if any(not isinstance(value, str) for value in values.values()):
        raise SettingsError(f"{config}: every setting must be text in quotes.")
    if "@" in values.get("proxy", ""):
        read_secret(config, _LARGEST_CONFIG)  # the password of the proxy is in it
    for name in {"key_file", *_FILES} & values.keys():
        values[name] = str(config.parent / Path(values[name]).expanduser())
    if "key_file" in values:
        _check_kept_together(config, Path(values["key_file"]))
    return values


def _content(config: Path) -> bytes:
    try:
        check_folder(config.resolve().parent)
        return read_unaltered(config, _LARGEST_CONFIG)
    except FileError as error:
        raise SettingsError(str(error)) from None


def _parsed(config: Path, content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        problem = f"it is not UTF-8 text. {SAVE_AS_UTF_8}"
    except tomllib.TOMLDecodeError as error:
        problem = f"{error}."
    raise SettingsError(f"{config} cannot be read: {problem}")


def _check_kept_together(config: Path, key_file: Path) -> None:
    """Whoever can write a settings file somewhere must not be able to use a key that is kept elsewhere."""
    if not key_file.resolve().is_relative_to(config.resolve().parent):
        raise SettingsError(
            f"The key must be kept with the settings that use it, and {key_file} is not in the folder of {config}. "
            "Move the key there, or move the settings to the key."
        )


def _pem(key_file: Path) -> str:
    try:
        pem = read_secret(key_file, LARGEST_KEY)
        check_folder(key_file.resolve().parent)
        return pem.decode("ascii")
    except FileError as error:
        raise SettingsError(f"The signing key cannot be used: {error}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"The signing key {key_file} is not text in PEM format.") from None
