"""Exit codes that a script can rely on."""

from enum import IntEnum

from ..errors import (
    AlreadyExpired,
    Busy,
    Conflict,
    HistoryDiffers,
    InvalidRequest,
    KnownToError,
    Mistyped,
    NotAllowed,
    NotFound,
    NotInHistory,
    NotSignedIn,
    SettingsError,
    TooMany,
    Unavailable,
    Unreachable,
    UnreadableAnswer,
)

OF_ONE_RECORD = (AlreadyExpired, Conflict, InvalidRequest, NotFound)
"""Errors that concern one record. The next record may succeed."""


class ExitCode(IntEnum):
    """Python itself ends with 1 after a bug in this program."""

    DONE = 0
    USAGE = 2
    NOT_SIGNED_IN = 3
    UNAVAILABLE = 4
    REFUSED = 5
    PARTLY = 6
    DIFFERS = 7
    STOPPED = 130  # 128 plus the number of SIGINT, as in shells


def exit_code(error: KnownToError) -> ExitCode:
    if isinstance(error, HistoryDiffers | NotInHistory):
        return ExitCode.DIFFERS
    if isinstance(error, Mistyped):
        return ExitCode.USAGE
    if isinstance(error, SettingsError | NotSignedIn | NotAllowed):
        return ExitCode.NOT_SIGNED_IN
    if isinstance(error, Unavailable | TooMany | Unreachable | UnreadableAnswer | Busy):
        return ExitCode.UNAVAILABLE
    return ExitCode.REFUSED
