"""Children whom one and the same practitioner looked up on several days."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from .summaries import Look, Work
from .window import Window


class Repeats:
    """`of`: by practitioner, the lookups of each such child, in order of time."""

    def __init__(self, window: Window, lookups: Mapping[str, list[Look]]) -> None:
        self._window = window
        self.of = {who: found for who, looks in lookups.items() if (found := _repeated(looks))}

    def is_usual(self, who: str, work: Work, days: int) -> bool:
        """True if some others in the team look up a child on so many days too, with the same work known."""
        share = self._window.rules.same_child.usual
        for others in self._window.others(who):
            alike = sum(self._has(other, work, days) for other in others)
            if alike > max(1, share * len(others)):
                return True
        return False

    def _has(self, who: str, work: Work, days: int) -> bool:
        children = self.of.get(who, {}).values()
        return any(latest_work(looks) is work and days_of(looks) >= days for looks in children)


def latest_work(looks: list[Look]) -> Work:
    """What was known at the latest lookup decides: work may have been registered since the first."""
    return looks[-1].work


def days_of(looks: Iterable[Look]) -> int:
    return len({look.day for look in looks})


def _repeated(looks: list[Look]) -> dict[str, list[Look]]:
    again = set(_again(looks))
    children: dict[str, list[Look]] = defaultdict(list)
    for look in looks:
        if look.child in again:
            children[look.child].append(look)
    return dict(children)


def _again(looks: list[Look]) -> Iterator[str]:
    first: dict[str, object] = {}
    return (look.child for look in looks if first.setdefault(look.child, look.day) != look.day)
