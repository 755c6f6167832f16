"""The options before the command: which service, who calls. They make the client that the command uses."""

import os
from dataclasses import dataclass
from pathlib import Path

import typer

from ..client import Client, connect
from ..demo import from_demo
from ..errors import SettingsError
from ..retries import RetryPolicy
from ..settings import Settings
from ..settings_folder import find_settings_folder
from ..settings_sources import from_file_and_environment
from ..signing import Caller
from .progress_line import ProgressLine


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    config: Path | None
    demo: bool
    authority: str | None
    caller_id: str | None
    role: str | None

    def settings(self) -> Settings:
        """Raises SettingsError."""
        if self.demo:
            return from_demo(Path.cwd(), self.authority)
        return from_file_and_environment(os.environ, self.config, authority=self.authority)

    def authority_code(self) -> str:
        """Needs no other setting if --authority is given. Raises SettingsError."""
        if self.authority is not None:
            return self.authority
        try:
            return self.settings().authority
        except SettingsError:
            raise SettingsError("Name your authority: known-to --authority CODE keys make") from None

    def practitioner(self, settings: Settings) -> Caller:
        """Raises SettingsError."""
        caller_id = self.caller_id or settings.practitioner
        if caller_id is None:
            raise SettingsError("Say who is asking: known-to --as ID, or practitioner in the settings.")
        return Caller(caller_id, self.role or settings.role)

    def system(self, settings: Settings) -> Caller:
        return Caller(self.caller_id, self.role or settings.role) if self.caller_id else settings.system_caller()


def settings_folder() -> Path:
    """The folder of this user's settings, witness files and the key of the digests."""
    return find_settings_folder(os.environ)


def practitioner_client(context: typer.Context) -> Client:
    options: GlobalOptions = context.obj
    settings = options.settings()
    return connect(settings, options.practitioner(settings))


def practitioner_or_system_client(context: typer.Context) -> Client:
    """Calls as the practitioner if one is named, and otherwise as the authority's system."""
    options: GlobalOptions = context.obj
    settings = options.settings()
    named = options.caller_id or settings.practitioner
    return connect(settings, options.practitioner(settings) if named else options.system(settings))


def system_client(context: typer.Context, retries: RetryPolicy, line: ProgressLine | None = None) -> Client:
    """Calls as the authority's system. `line` shows the waits between tries."""
    options: GlobalOptions = context.obj
    settings = options.settings()
    caller = options.system(settings)
    if line is None:
        return connect(settings, caller, retries=retries)
    return connect(settings, caller, retries=retries, sleep=line.wait, sleep_unreached=line.wait_unreached)
