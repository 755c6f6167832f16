"""The boundary between the AWS console and the console functions. Events are read strictly; answers are sentences.

An answer is `{"done": bool, "answer": <sentence>, "correlation_id": ...}`, with details if the function has any. A
function never raises: Lambda would log the text of the exception, and the console would show a traceback.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ...application.ports import HasTime
from ...domain.access_records import Operator
from ...domain.child import NhsNumber, as_number
from ...domain.errors import AlreadyCarriedOut, InvalidRequest, KnownToError, Refused, Unavailable, refuse_if_any
from ...domain.texts import number_errors
from .. import telemetry
from ..decoding import LongText, Text, convert

_AGAIN = "AWS failed just now. The work may be half done: run the same event again to finish it."
_FAILED = "The function failed, and its work may be half done. Report the correlation_id to the maintainers."

_CARRIED_OUT = "This proposal has already been carried out. Nothing was changed."

_KEPT_IN_CLEAR = ("requested_by", "reason", "reference", "hold", "name")
"""The texts of events that tables keep unsealed."""

_A_PAGE_MS = 30_000
"""Longer than one page of work takes."""

Answer = dict[str, Any]
Entry = Callable[[Any, Any], Answer]


class OperatorEvent(Struct, forbid_unknown_fields=True, kw_only=True):
    """The fields of every event: who asks, and why. Both are kept in the access record."""

    requested_by: Text
    reason: LongText


Event = TypeVar("Event", bound=OperatorEvent)


def read_event(event: Any, kind: type[Event]) -> tuple[Event, Operator]:
    """Raises InvalidRequest."""
    read = convert(event, kind)
    texts = {field: getattr(read, field, None) for field in _KEPT_IN_CLEAR}
    refuse_if_any(number_errors(texts, _numbers_in(msgspec.to_builtins(read))))
    return read, Operator(read.requested_by, read.reason, telemetry.correlation_id())


def _numbers_in(event: Any) -> Iterator[NhsNumber]:
    """The NHS numbers that the event has in fields of their own or in a list of pairs, valid or not."""
    for name, value in event.items() if isinstance(event, dict) else ():
        if isinstance(value, list):
            for one in value:
                yield from _numbers_in(one)
        elif name.endswith("nhs_number") and value and (number := as_number(value)):
            yield number


def answers_operator(entry: Entry) -> Entry:
    """Turns what a console function returns or raises into an answer, and writes its one log line."""

    @wraps(entry)
    def answering(event: Any, context: Any) -> Answer:
        telemetry.begin(str(getattr(context, "aws_request_id", "unknown")))
        telemetry.note(operation=entry.__name__)
        telemetry.meter("Operations")
        try:
            answer: Answer = entry(event, context)
        except Refused as refused:
            answer = _refused(refused.why, "refused")
        except AlreadyCarriedOut:
            answer = _answer(True, _CARRIED_OUT)
        except Unavailable as error:
            telemetry.meter("Unavailable")
            answer = _answer(False, _AGAIN, error.code)
        except KnownToError as error:
            answer = _refused(_why(error), error.code)
        except Exception as error:
            telemetry.report(error)
            telemetry.meter("InternalErrors")
            answer = _answer(False, _FAILED, "internal_error")
        telemetry.note(done=int(answer["done"]), code=answer.get("code", "done"))
        telemetry.emit("operation", "OperationLatency")
        return answer

    return answering


def has_time(context: Any) -> HasTime:
    """Returns a function that is True while Lambda leaves time for one more page."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return lambda: remaining is None or remaining() > _A_PAGE_MS


def partly_done(words: str, code: str, **details: Any) -> Answer:
    """Some of the work was not done, and the answer says which."""
    return {**_answer(False, words, code), **msgspec.to_builtins(details)}


def done(words: str, **details: Any) -> Answer:
    """`details`: more fields of the answer, which are converted to JSON types."""
    return {**_answer(True, words), **msgspec.to_builtins(details)}


def _refused(why: str, code: str) -> Answer:
    telemetry.meter("OperationsRefused")
    return _answer(False, f"Refused. {why}", code)


def _why(error: KnownToError) -> str:
    if isinstance(error, InvalidRequest):
        return " ".join(f"{error.field or 'The event'} {error.problem}." for error in error.errors)
    return f"The code is {error.code}: see docs/errors.md."


def _answer(is_done: bool, words: str, code: str | None = None) -> Answer:
    answer = {"done": is_done, "answer": words, "correlation_id": telemetry.correlation_id()}
    return answer if code is None else {**answer, "code": code}
