"""Many cases in one test. To collect, run and report a case, pytest takes seven milliseconds of CPU, which is more than
most cases need themselves."""

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

Test = Callable[..., None]


def each(names: str | tuple[str, ...], cases: Iterable[Any]) -> Callable[[Test], Test]:
    """Like `pytest.mark.parametrize`, but the cases run one after the other in one test, with the same fixtures.
    A failure names its case."""
    parameters = (names,) if isinstance(names, str) else names
    every = [{names: case} if isinstance(names, str) else dict(zip(names, case, strict=True)) for case in cases]
    assert every, "no cases"

    def decorate(test: Test) -> Test:
        signature = inspect.signature(test)
        fixtures = [one for name, one in signature.parameters.items() if name not in parameters]

        @wraps(test)
        def run(**given: Any) -> None:
            for case in every:
                try:
                    test(**given, **case)
                except BaseException as failure:
                    failure.add_note(f"case: {case}")
                    raise

        run.__signature__ = signature.replace(parameters=fixtures)  # type: ignore[attr-defined]
        return run

    return decorate
