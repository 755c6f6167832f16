"""Decorators for attempts that another writer may overtake."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from ..domain.child import ChildKey
from ..domain.errors import Unavailable
from .store_errors import Conflict, Superseded

MAX_TRIES = 4

Owner = TypeVar("Owner")
Params = ParamSpec("Params")
Result = TypeVar("Result")


def retry_on_conflict(attempt: Callable[Params, Result]) -> Callable[Params, Result]:
    """Calls `attempt` again after a Conflict, so it must read afresh. Raises Unavailable after the fourth Conflict."""

    @wraps(attempt)
    def with_retries(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        for _ in range(MAX_TRIES):
            try:
                return attempt(*args, **kwargs)
            except Conflict:
                continue
        raise Unavailable

    return with_retries


def retry_under_present_key(
    write: Callable[Concatenate[Owner, ChildKey, Params], Result],
) -> Callable[Concatenate[Owner, ChildKey, Params], Result]:
    """Calls `write` once more, with the child's present key, if the child's number was superseded.

    A second Superseded means that the number has changed again in between, so it counts as a Conflict.
    """

    @wraps(write)
    def with_present_key(owner: Owner, child: ChildKey, /, *args: Params.args, **kwargs: Params.kwargs) -> Result:
        try:
            return write(owner, child, *args, **kwargs)
        except Superseded as superseded:
            present = superseded.present
        try:
            return write(owner, present, *args, **kwargs)
        except Superseded:
            raise Conflict from None

    return with_present_key
