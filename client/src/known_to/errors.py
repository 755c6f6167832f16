"""What can go wrong, by the service's stable `code`. No message ever holds what was sent.

KnownToError
├── SettingsError        settings, key or command cannot be used as they are
├── Mistyped             what was typed is no NHS number
├── FeedError            a file cannot be read as a feed
├── FileError            a file of this machine cannot be read or written
├── Busy                 another load of the same file is under way
├── Unreachable          no answer came, however often it was tried
├── UnreadableAnswer     what came is not an answer of this service
│   └── UnknownForm      it is, in a form that this client does not know: update it
└── Problem              the service refused, or failed and said so
    ├── InvalidRequest   mend what was sent: see `errors`
    ├── NotSignedIn      token, key or clock
    ├── NotAllowed       signed in, but not for this
    ├── NotFound         no such record, or it has expired
    ├── Conflict         erased, or damaged on file
    ├── VersionMismatch  the record has changed since it was read
    ├── AlreadyExpired   retention has ended: leave it out
    ├── TooMany          wait `retry_after_seconds`
    └── Unavailable      try again later
        └── CannotAnswer a lookup that could not be made: treat as unknown
"""

from dataclasses import dataclass


class KnownToError(Exception):
    """Everything that this package raises on purpose."""


class SettingsError(KnownToError):
    pass


class Mistyped(KnownToError):
    pass


class FeedError(KnownToError):
    pass


class FileError(KnownToError):
    pass


class Busy(KnownToError):
    pass


class Unreachable(KnownToError):
    pass


class UnreadableAnswer(KnownToError):
    """`status` of the reply, None where its status says nothing against it."""

    def __init__(self, words: str, status: int | None = None) -> None:
        super().__init__(words)
        self.status = status


class UnknownForm(UnreadableAnswer):
    """JSON of the service, but not as this client knows it: one of the two is too old for the other."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """`field` is the path of a field, empty where the fault belongs to the whole."""

    field: str
    problem: str


class Problem(KnownToError):
    """A problem document. Decide by `code`; `title` and `detail` are words for people."""

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
    "not_found": NotFound,
    "erased": Conflict,
    "record_unreadable": Conflict,
    "version_mismatch": VersionMismatch,
    "already_expired": AlreadyExpired,
    "too_many_lookups": TooMany,
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


def kind_of(code: str, status: int) -> type[Problem]:
    """The class of a problem; a code that is newer than this client goes by its status."""
    by_status = Unavailable if status >= 500 else InvalidRequest
    return BY_CODE.get(code) or _BY_STATUS.get(status, by_status)


def may_work_later(error: KnownToError) -> bool:
    """Trying again later may help."""
    if isinstance(error, UnknownForm):
        return False
    if isinstance(error, UnreadableAnswer):
        return error.status is None or error.status == 429 or not 400 <= error.status < 500
    return isinstance(error, Unavailable | TooMany | Unreachable)
