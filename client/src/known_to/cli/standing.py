"""What holds for every command: where the service is, who calls, and how a client for that is made."""

import os
from dataclasses import dataclass
from pathlib import Path

import typer

from ..client import Client, connect
from ..errors import SettingsError
from ..settings import CONFIG_NAME, Settings, from_demo, from_file_and_environment
from ..signing import Caller


@dataclass(frozen=True, slots=True)
class Standing:
    config: Path | None
    demo: bool
    authority: str | None
    caller_id: str | None
    role: str | None

    def settings(self) -> Settings:
        """Raises SettingsError."""
        if self.demo:
            return from_demo(Path.cwd(), self.authority)
        environ = dict(os.environ)
        if self.authority is not None:
            environ["KNOWN_TO_AUTHORITY"] = self.authority
        if self.config is None:
            return from_file_and_environment(environ, Path(CONFIG_NAME), own_folder() / CONFIG_NAME)
        if not self.config.is_file():
            raise SettingsError(f"There is no file {self.config}.")
        return from_file_and_environment(environ, self.config)

    def practitioner(self, settings: Settings) -> Caller:
        """Raises SettingsError."""
        caller_id = self.caller_id or settings.practitioner
        if caller_id is None:
            raise SettingsError("Say who asks: known-to --as ID, or practitioner in the settings.")
        return Caller(caller_id, self.role or settings.role)

    def feed(self, settings: Settings) -> Caller:
        return Caller(self.caller_id, self.role or settings.role) if self.caller_id else settings.feed_caller()


def own_folder() -> Path:
    """Where this user's settings are, and the key of the digests."""
    return Path(os.environ.get("KNOWN_TO_HOME") or typer.get_app_dir("known-to"))


def for_practitioner(context: typer.Context) -> Client:
    standing: Standing = context.obj
    settings = standing.settings()
    return connect(settings, standing.practitioner(settings))


def for_either(context: typer.Context) -> Client:
    """The practitioner if one is named, else the feed."""
    standing: Standing = context.obj
    settings = standing.settings()
    named = standing.caller_id or settings.practitioner
    return connect(settings, standing.practitioner(settings) if named else standing.feed(settings))


def for_feed(context: typer.Context) -> Client:
    standing: Standing = context.obj
    settings = standing.settings()
    return connect(settings, standing.feed(settings))
