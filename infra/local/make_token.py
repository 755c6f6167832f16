"""`make token AUTHORITY=… SUB=… [SCOPE=…]`: prints a token for curl."""

import os
import sys

from .demo import Demo


def main() -> int:
    authority, sub = os.environ.get("AUTHORITY"), os.environ.get("SUB")
    if not authority or not sub:
        print('Say who asks: make token AUTHORITY=E09000014 SUB=sw-1 [SCOPE="lookup register"]', file=sys.stderr)
        return 2
    try:
        demo = Demo.load()
    except FileNotFoundError:
        print("There is no local stage yet. Start one with: make run", file=sys.stderr)
        return 1
    if authority not in demo.authorities:
        known = "\n".join(f"  {code}  {body['name']}" for code, body in demo.authorities.items())
        print(f"There is no signing key for that authority here. These have one:\n{known}", file=sys.stderr)
        return 1
    print(demo.token(authority, sub, os.environ.get("SCOPE") or None))
    return 0


if __name__ == "__main__":
    sys.exit(main())
