"""Runs a command for as long as whoever started us holds our standard input open: so it ends with its parent,
however that ends, on any Unix. Standard library only."""

import os
import signal
import subprocess
import sys
import threading


def main() -> int:
    # Inherits the sockets that were passed to us.
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, close_fds=False)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())

    def end_with_parent() -> None:
        os.read(sys.stdin.fileno(), 1)
        child.terminate()

    threading.Thread(target=end_with_parent, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
