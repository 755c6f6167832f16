"""The errors that the service reports to callers and operators.

KnownToError
├── NotSignedIn             the token is missing, malformed, expired or from an unknown authority
├── Forbidden               the caller is signed in, but may not do this
│   ├── AuthoritySuspended
│   ├── ScopeNotGranted
│   ├── PurposeNotGranted
│   ├── AccessesWithheld    this caller may not see who looked the child up
│   ├── SystemMayNotLookUp
│   ├── SystemMayNotShield
│   └── SystemMayNotReadFindings
├── InvalidRequest          lists the field errors, never the values sent
│   └── UnreadableBody
├── NothingToChange
├── NotFound
├── VersionMismatch
├── AlreadyExpired          under the retention schedule the record would have ended already
├── NoBasisAfter18          so it would, but another basis would carry it beyond the 18th birthday
├── Erased                  a tombstone holds the reference
├── OutcomeRecorded         the answer entry has another outcome already
├── NotSealedYet            the lookup is in no checkpoint yet
├── NotInHistory            it should be in one long since: somebody may have kept it out
├── TooLate                 the lookup is too long ago to record an outcome
├── AnotherChild            the reference is in use for another child
├── TraceNumber             the NHS number is no longer in use
├── RecordUnreadable        the caller's own record does not open
├── TooManyRecords          the authority has 500 current records of the child already
├── TooLarge
├── UnsupportedMediaType
├── TooManyLookups
├── TooManyShields
└── Unavailable             something we depend on failed; try again
    ├── CannotAnswer        the same during a lookup; never read it as "none"
    └── NotAttempted        a batch row that was not started, because time ran out

Each class has one stable `code`. Only `adapters/http/problems.py` turns codes into HTTP.

Two errors are not in the tree, because only console functions raise them: AlreadyCarriedOut and Refused.
"""

from collections.abc import Iterable
from typing import ClassVar

from .values import Struct


class KnownToError(Exception):
    """The base of all the above. It carries no text. The HTTP adapter chooses the words."""

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


class SystemMayNotShield(Forbidden):
    code = "system_may_not_shield"


class SystemMayNotReadFindings(Forbidden):
    code = "system_may_not_read_findings"


class FieldError(Struct, frozen=True):
    """A problem with one field.

    `field`: its path, such as `practitioner.name`; empty for the whole body.
    `problem`: a fixed text that never quotes the value.
    """

    field: str
    problem: str


class InvalidRequest(KnownToError):
    code = "invalid_request"

    def __init__(self, *errors: FieldError) -> None:
        super().__init__()
        self.errors = errors


def refuse_if_any(errors: Iterable[FieldError]) -> None:
    """Raises InvalidRequest with all of them, unless there are none."""
    if found := tuple(errors):
        raise InvalidRequest(*found)


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


class NoBasisAfter18(KnownToError):
    """`bases`: those on which a record of this service would last beyond the 18th birthday, in order."""

    code = "no_basis_after_18"

    def __init__(self, *bases: str) -> None:
        super().__init__()
        self.bases = bases


class Erased(KnownToError):
    code = "erased"


class OutcomeRecorded(KnownToError):
    code = "outcome_recorded"


class NotSealedYet(KnownToError):
    code = "not_sealed_yet"


class NotInHistory(KnownToError):
    code = "not_in_history"


class TooLate(KnownToError):
    code = "too_late"


class AnotherChild(KnownToError):
    code = "another_child"


class TraceNumber(KnownToError):
    code = "trace_number"


class RecordUnreadable(KnownToError):
    code = "record_unreadable"


class TooManyRecords(KnownToError):
    code = "too_many_records"


class TooLarge(KnownToError):
    code = "too_large"


class UnsupportedMediaType(KnownToError):
    code = "unsupported_media_type"


class TooManyLookups(KnownToError):
    code = "too_many_lookups"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class TooManyShields(KnownToError):
    """`desk_phone`: of the broker desk, which can have a child shielded at any hour."""

    code = "too_many_shields"

    def __init__(self, retry_after_seconds: int, desk_phone: str) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds
        self.desk_phone = desk_phone


class Unavailable(KnownToError):
    code = "unavailable"


class CannotAnswer(Unavailable):
    code = "cannot_answer"


class NotAttempted(Unavailable):
    code = "not_attempted"


class AlreadyCarriedOut(Exception):
    """The work of a proposal was done before. Nothing is done again."""


class Refused(Exception):
    """A console function cannot do what the operator asked for. Callers of the API never see this error.

    `why`: sentences for the operator. They contain fixed words, codes and dates, and nothing about a child or a person.
    """

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why
