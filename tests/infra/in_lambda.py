"""Runs the package as Lambda would: `python -S -I in_lambda.py FOLDER ANSWER`. It can import from nowhere else.

Standard input: a JSON array of `{"handler": <as in the template>, "event": ...}`. Writes a JSON object to ANSWER: the
replies, every imported module, and the endpoints that the SDK chooses.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

REGIONS = ("eu-west-2", "eu-west-1", "us-east-1", "us-gov-west-1", "cn-north-1")
CALLS = {"dynamodb": "list_tables", "kms": "list_keys", "lambda": "list_functions"}


def main(folder: str, answer: str) -> None:
    sys.path.insert(0, folder)
    replies = [_handler(sent["handler"])(sent["event"], None) for sent in json.load(sys.stdin)]
    # Reading an attribute of a lazy module would load it.
    loaded = [(name, module) for name, module in sys.modules.items() if type(module).__name__ != "_LazyModule"]
    imported = {name: getattr(module, "__file__", None) for name, module in loaded}
    del os.environ["AWS_ENDPOINT_URL"]
    Path(answer).write_text(json.dumps({"replies": replies, "imported": imported, "endpoints": endpoints()}))


def _handler(name: str) -> Any:
    """Finds a handler as Lambda does: `app.app`, `chalicelib.console.broker`."""
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)


def endpoints() -> list[str]:
    """Returns the endpoints by the services' own rules, without AWS_ENDPOINT_URL. Sends no request."""
    import botocore.session

    session = botocore.session.Session()
    session.set_credentials("id", "secret", account_id="123456789012")  # some endpoint rules use it
    return [
        session.create_client(service, region).generate_presigned_url(call).partition("?")[0]
        for region in REGIONS
        for service, call in CALLS.items()
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
