"""The errors of this package. A problem of the service becomes the class that fits its stable `code`.

No message ever contains what was sent.

KnownToError
├── SettingsError        the settings, the key or the command cannot be used as they are
│   └── UnsafeFile       others on this machine can read or change a file that they must not: see `remedy`
├── Mistyped             the input is not an NHS number
├── UnreadableFile       the content of a feed or record file cannot be used
├── FileError            a file on this machine cannot be read or written
├── Busy                 another load of the same file is running
├── Unreachable          no reply came in time, after several tries
├── UnreadableAnswer     the reply does not come from this service, or does not answer what was asked
│   └── UnknownForm      the reply has a form that this client does not know: update the client
├── HistoryDiffers       the history is not the one that this service has shown before
└── Problem              the service refused the request, or reported that it failed
    ├── InvalidRequest   correct the fields in `errors`
    ├── NotSignedIn      check the token, the key and the clock
    ├── NotAllowed       signed in, but not allowed to do this
    ├── NotFound         no such record, or it has expired
    ├── Conflict         the record is erased, unreadable or another child's, its number is no longer in use, another
    │   │                outcome is on record, or a lookup is not sealed yet: see `code`
    │   └── NotInHistory the lookup should be in the history and is not
    ├── VersionMismatch  the record has changed since it was read
    ├── AlreadyExpired   the record would have expired already: leave it out
    ├── TooMany          wait `retry_after_seconds`
    └── Unavailable      try again later
        └── CannotAnswer the lookup could not be made: treat the child as unknown
"""

from dataclasses import dataclass


class KnownToError(Exception):
    """The base of every error that this package raises on purpose."""


class SettingsError(KnownToError):
    pass


class UnsafeFile(SettingsError):
    """`remedy` is the command that puts it right, or empty if there is none."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what} Run: {remedy}" if remedy else what)
        self.what = what
        self.remedy = remedy


class Mistyped(KnownToError):
    pass


class UnreadableFile(KnownToError):
    pass


class FileError(KnownToError):
    pass


class Busy(KnownToError):
    pass


class HistoryDiffers(KnownToError):
    pass


class Unreachable(KnownToError):
    pass


class UnreadableAnswer(KnownToError):
    """`status` is the HTTP status of the reply, or None if the reply reported success."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class UnknownForm(UnreadableAnswer):
    """The reply is JSON, but its form is not what this client knows: the client or the service is too old."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """`field` is the path of a field, or empty if the error concerns the whole request or row."""

    field: str
    problem: str


class Problem(KnownToError):
    """A problem document of the service. Decide by `code`. `title` and `detail` are for people to read."""

    def __init__(
        self,
        code: str,
        status: int,
        title: str,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        correlation_id: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(f"{title}. {detail}")
        self.code = code
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors
        self.correlation_id = correlation_id
        self.retry_after_seconds = retry_after_seconds


class InvalidRequest(Problem):
    pass


class NotSignedIn(Problem):
    pass


class NotAllowed(Problem):
    pass


class NotFound(Problem):
    pass


class Conflict(Problem):
    pass


class NotInHistory(Conflict):
    pass


class VersionMismatch(Problem):
    pass


class AlreadyExpired(Problem):
    pass


class TooMany(Problem):
    pass


class Unavailable(Problem):
    pass


class CannotAnswer(Unavailable):
    pass


BY_CODE: dict[str, type[Problem]] = {
    "unreadable_body": InvalidRequest,
    "invalid_request": InvalidRequest,
    "nothing_to_change": InvalidRequest,
    "too_large": InvalidRequest,
    "unsupported_media_type": InvalidRequest,
    "no_such_route": InvalidRequest,
    "method_not_allowed": InvalidRequest,
    "not_signed_in": NotSignedIn,
    "forbidden": NotAllowed,
    "accesses_withheld": NotAllowed,
    "authority_suspended": NotAllowed,
    "scope_not_granted": NotAllowed,
    "purpose_not_granted": NotAllowed,
    "system_may_not_look_up": NotAllowed,
    "system_may_not_shield": NotAllowed,
    "not_found": NotFound,
    "erased": Conflict,
    "another_child": Conflict,
    "trace_number": Conflict,
    "outcome_recorded": Conflict,
    "not_sealed_yet": Conflict,
    "not_in_history": NotInHistory,
    "record_unreadable": Conflict,
    "too_many_records": Conflict,
    "version_mismatch": VersionMismatch,
    "already_expired": AlreadyExpired,
    "no_basis_after_18": InvalidRequest,
    "too_late": InvalidRequest,
    "too_many_lookups": TooMany,
    "too_many_shields": TooMany,
    "too_many_requests": TooMany,
    "internal_error": Unavailable,
    "unavailable": Unavailable,
    "not_attempted": Unavailable,
    "cannot_answer": CannotAnswer,
}

_BY_STATUS: dict[int, type[Problem]] = {
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    412: VersionMismatch,
    429: TooMany,
}


def problem_class(code: str, status: int) -> type[Problem]:
    """The class for a problem. The HTTP status decides if this client does not know the code."""
    by_status = Unavailable if status >= 500 else InvalidRequest
    return BY_CODE.get(code) or _BY_STATUS.get(status, by_status)


def may_work_later(error: KnownToError) -> bool:
    """Returns True if trying again later may help."""
    if isinstance(error, UnknownForm):
        return False
    if isinstance(error, UnreadableAnswer):
        return error.status is None or error.status == 429 or not 400 <= error.status < 500
    return isinstance(error, Unavailable | TooMany | Unreachable)
