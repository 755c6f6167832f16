"""Decorators for attempts that another writer may overtake.

Transactions that DynamoDB itself cancels are retried by the stores: `involvement_store.py`, `notice_store.py`.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from ..domain.errors import Unavailable
from .store_errors import Conflict

MAX_TRIES = 4

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
