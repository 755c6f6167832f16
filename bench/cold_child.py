"""Does one cold start: `python -S -I cold_child.py FOLDER ours|floor`. Prints CPU and wall time in nanoseconds."""

import gc
import os
import sys
import time


def ours() -> None:
    import app  # noqa: F401 - on Lambda, importing it makes the clients


def floor() -> None:
    gc.disable()  # as ours does until its clients are ready
    import floor as bare  # type: ignore[import-not-found]

    bare.Floor("bench", os.environ["KNOWNTO_MAC_KEY"])
    gc.freeze()
    gc.enable()


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    start = {"ours": ours, "floor": floor}[sys.argv[2]]
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    start()
    print(time.process_time_ns() - cpu, time.perf_counter_ns() - wall)
