"""Runs Python with the arguments given, prints the CPU seconds and the time that it took, and fails if it took more CPU
seconds than it may: `python -m tests.cpu_budget 360 -m pytest`.

CPU seconds are user and system time of the process and of all its descendants. The system adds a descendant when its
parent waits for it, so whatever a test starts has to be waited for.
"""

import resource
import signal
import subprocess
import sys
import time
from types import FrameType


def main(budget: int, command: list[str]) -> int:
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _leave_it_to_the_run)
    began = time.monotonic()
    status = subprocess.run([sys.executable, *command], check=False).returncode
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = spent.ru_utime + spent.ru_stime
    print(f"CPU: {seconds:.0f} of {budget} seconds. Time: {time.monotonic() - began:.0f} seconds.")
    if status == 0 and seconds > budget:
        print("The tests passed, but took too much CPU. `pytest --durations 30` shows the slowest.")
        return 1
    return status


def _leave_it_to_the_run(_number: int, _frame: FrameType | None) -> None:
    """Ctrl-C reaches the run as well. It says what it has done, and its status is ours."""


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
