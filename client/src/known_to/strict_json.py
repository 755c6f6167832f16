"""JSON as the service writes it, and nothing that two readers might read differently."""

import json
import math
from typing import Any, NoReturn


def read_json(content: bytes) -> Any:
    """Raises ValueError or RecursionError. The error of json would quote the text, so let it go nowhere."""
    text = content.decode("utf-8")
    value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_number)
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()  # half a character raises here
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name is there twice")
    return made


def _no_constant(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number
