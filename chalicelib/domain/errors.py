"""Everything that the service may answer instead of an answer.

KnownToError
├── NotSignedIn             the token is missing, broken, expired or from nobody we know
├── Forbidden               signed in, but not for this
│   ├── AuthoritySuspended
│   ├── ScopeNotGranted
│   ├── PurposeNotGranted
│   ├── AccessesWithheld    who looked the child up is not for this caller, or for nobody
│   └── SystemMayNotLookUp
├── InvalidRequest          carries the faults, field by field, never the values
│   └── UnreadableBody
├── NothingToChange
├── NotFound
├── VersionMismatch
├── AlreadyExpired          retention leaves nothing to store
├── Erased                  a tombstone holds the reference
├── RecordUnreadable        the caller's own record does not open
├── TooLarge
├── UnsupportedMediaType
├── TooManyLookups
└── Unavailable             a part we depend on did not do its work; try again
    ├── CannotAnswer        the same during a lookup: never read it as "none"
    └── NotAttempted        a row of a batch for which no time was left

Each class has one stable `code`; `adapters/problems.py` alone turns codes into HTTP.
"""

from typing import ClassVar

from .values import Struct


class KnownToError(Exception):
    """Base of all the above. Carries no text: words are made where the answer leaves."""

    code: ClassVar[str]


class NotSignedIn(KnownToError):
    code = "not_signed_in"


class Forbidden(KnownToError):
    code = "forbidden"


class AuthoritySuspended(Forbidden):
    code = "authority_suspended"


class ScopeNotGranted(Forbidden):
    code = "scope_not_granted"


class PurposeNotGranted(Forbidden):
    code = "purpose_not_granted"


class AccessesWithheld(Forbidden):
    code = "accesses_withheld"


class SystemMayNotLookUp(Forbidden):
    code = "system_may_not_look_up"


class FieldError(Struct, frozen=True):
    """What is wrong with one field: its path (`practitioner.name`, `` for the whole) and a fixed text."""

    field: str
    problem: str


class InvalidRequest(KnownToError):
    code = "invalid_request"

    def __init__(self, *errors: FieldError) -> None:
        super().__init__()
        self.errors = errors


class UnreadableBody(InvalidRequest):
    code = "unreadable_body"


class NothingToChange(KnownToError):
    code = "nothing_to_change"


class NotFound(KnownToError):
    code = "not_found"


class VersionMismatch(KnownToError):
    code = "version_mismatch"


class AlreadyExpired(KnownToError):
    code = "already_expired"


class Erased(KnownToError):
    code = "erased"


class RecordUnreadable(KnownToError):
    code = "record_unreadable"


class TooLarge(KnownToError):
    code = "too_large"


class UnsupportedMediaType(KnownToError):
    code = "unsupported_media_type"


class TooManyLookups(KnownToError):
    code = "too_many_lookups"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class Unavailable(KnownToError):
    code = "unavailable"


class CannotAnswer(Unavailable):
    code = "cannot_answer"


class NotAttempted(Unavailable):
    code = "not_attempted"


class ConfirmationNeeded(Exception):
    """Nothing was done yet: the operator is to see first what would be.

    `would`: sentences for the operator, as in Refused. `code`: what the next run must bring as `confirm`.
    """

    def __init__(self, would: str, code: str) -> None:
        super().__init__()
        self.would = would
        self.code = code


class Refused(Exception):
    """What an operator asked for makes no sense now. Callers of the API never meet it.

    `why` is a sentence for the operator: of fixed words, codes and dates, never a child's or a person's.
    """

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why
