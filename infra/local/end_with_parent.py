"""Runs a command until the process that started us closes our standard input.

The operating system closes it when that process ends, however it ends, so the command ends too. Works on any Unix, with
the standard library only.
"""

import os
import signal
import subprocess
import sys
import threading


def main() -> int:
    # The command inherits the sockets that were passed to us.
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, close_fds=False)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())

    def end_with_parent() -> None:
        os.read(sys.stdin.fileno(), 1)
        child.terminate()

    threading.Thread(target=end_with_parent, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
