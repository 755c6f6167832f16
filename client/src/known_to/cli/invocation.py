"""What holds for every command: where the service is, who calls, and how a client for that is made."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from ..client import Client, connect
from ..errors import SettingsError
from ..patience import Patience
from ..settings import CONFIG_NAME, Settings, from_demo, from_file_and_environment
from ..signing import Caller


@dataclass(frozen=True, slots=True)
class Invocation:
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

    def authority_code(self) -> str:
        """Also where nothing else is set yet. Raises SettingsError."""
        if self.authority is not None:
            return self.authority
        try:
            return self.settings().authority
        except SettingsError:
            raise SettingsError("Say for which authority: known-to --authority CODE keys make") from None

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
    invocation: Invocation = context.obj
    settings = invocation.settings()
    return connect(settings, invocation.practitioner(settings))


def for_either(context: typer.Context) -> Client:
    """The practitioner if one is named, else the feed."""
    invocation: Invocation = context.obj
    settings = invocation.settings()
    named = invocation.caller_id or settings.practitioner
    return connect(settings, invocation.practitioner(settings) if named else invocation.feed(settings))


def for_feed(context: typer.Context, patience: Patience, wait: Callable[[float], None] = time.sleep) -> Client:
    """`wait`: how to let so many seconds pass before the next try."""
    invocation: Invocation = context.obj
    settings = invocation.settings()
    return connect(settings, invocation.feed(settings), patience=patience, sleep=wait)
