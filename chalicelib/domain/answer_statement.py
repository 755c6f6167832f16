"""The sentences of an answer, for a practitioner who reads nothing else of it."""

from collections.abc import Iterable

from .disclosure import Answer, never_shown


def statement_of(answer: Answer) -> str:
    """The answer in words, for a practitioner who reads nothing but this."""
    return " ".join(_sentences(answer))


def _sentences(answer: Answer) -> Iterable[str]:
    if answer.decision.shielded:
        yield "Known. Details are protected for this child. Ring the broker desk; it will put you through."
        return
    if answer.decision.known:
        yield "Known to another practitioner."
    elif answer.decision.entries:
        yield "None registered but your own. This does not mean unknown or safe."
    else:
        yield "None registered. This does not mean unknown or safe."
    if answer.trace_number:
        yield "This NHS number is no longer in use: trace it anew."
    if not answer.decision.complete:
        yield "Not every record could be shown: there may be more. Ring the broker desk."
    if never_shown(answer.purpose):
        yield "Sensitive services are never shown for this purpose."
    if not all(sector.is_whole for sector in answer.coverage):
        yield "Not every authority reports: see coverage."
