"""Checks that an answer belongs to what was asked.

A cache, a confused proxy or whoever sits between may send the answer to another question. Doubt about a lookup is an
error, and never "none".
"""

from datetime import date, datetime, timedelta
from typing import TypeVar

from .answers import Answer, Receipt, Shielded
from .errors import UnreadableAnswer
from .times import as_utc

R = TypeVar("R", bound=Receipt)
_MOST_APART = timedelta(minutes=15)
"""The service refuses a token if the clocks are more than half a minute apart."""


def check_lookup(answer: Answer, case_reference: str, now: datetime) -> Answer:
    """Returns the answer. Raises UnreadableAnswer."""
    if answer.case_reference != case_reference:
        raise UnreadableAnswer("The answer is to another question: it names another case.")
    if abs(as_utc(answer.asked_at) - now) > _MOST_APART:
        raise UnreadableAnswer("The answer is to another question: it was asked at another time.")
    # An own record alone does not make a child known.
    if not answer.known and any(not one.own for one in answer.involvements):
        raise UnreadableAnswer("The answer contradicts itself: it lists people, and says that the child is not known.")
    if answer.shielded and not answer.known:
        raise UnreadableAnswer("The answer contradicts itself: a shielded child is always known.")
    return answer


def check_receipt(receipt: R, reference: str) -> R:
    """Returns the receipt. Raises UnreadableAnswer."""
    if receipt.reference != reference:
        raise UnreadableAnswer("The answer is to another question: it names another record.")
    return receipt


def check_shielded(answer: Shielded, review_on: date) -> Shielded:
    """Returns the answer. Raises UnreadableAnswer, because a child who is not shielded must not seem to be."""
    if not answer.shielded or answer.review_on < review_on:
        raise UnreadableAnswer("The answer does not say that the child is shielded. Ring the operator of the service.")
    return answer


def new_cursor(cursor: str, seen: set[str]) -> str:
    """Returns the cursor, and notes it. Raises UnreadableAnswer if a list leads back to an earlier page."""
    if cursor in seen:
        raise UnreadableAnswer("The list does not end: its pages lead back to an earlier one.")
    seen.add(cursor)
    return cursor
