"""`make bench [BENCH=full]`: measures all of it, then writes docs/performance.md. Minutes; `full` takes longer."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from . import ceiling, cold, cost, feed, growth, load, lookups, report, units

console = Console(highlight=False)


def main() -> None:
    full = os.environ.get("BENCH") == "full"
    began = time.monotonic()
    said = _said(began)
    said("a lookup and a PUT against the floor")
    results: dict[str, Any] = {"full": full, "on": f"{datetime.now(UTC):%-d %B %Y}", "about": report.machine()}
    results["lookups"] = lookups.measure(full, said)
    said("cold start of the package")
    results["cold"] = cold.measure(full)
    said("what a request consumes, and what that costs")
    results["units"] = units.measure()
    results["cost"] = cost.measure(results["units"])
    for name, part in (("growth", growth), ("ceiling", ceiling), ("load", load), ("feed", feed)):
        results[name] = part.measure(full, said)
    report.write(results)
    console.print(f"Written: docs/performance.md, in {(time.monotonic() - began) / 60:.0f} minutes.")


def _said(began: float) -> Callable[[str], None]:
    def say(what: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        console.print(f"[dim]{minutes:2}:{seconds:02}[/]  {what}")

    return say


if __name__ == "__main__":
    main()
