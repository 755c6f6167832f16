"""From JSON to the types of `answers`. Fields that are newer than this client are passed over; what is missing or
of another type makes the whole answer unreadable, so that half an answer never passes for one."""

import types
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import UnknownForm

T = TypeVar("T")


def read(kind: type[T], data: object) -> T:
    """Raises UnknownForm, which names the place and quotes nothing."""
    answer: T = _read(kind, data, kind.__name__)
    return answer


def _read(kind: Any, data: object, place: str) -> Any:
    if is_dataclass(kind):
        return _record(kind, data, place)
    if kind in (date, datetime):
        return _time(kind, _expect(str, data, place), place)
    origin, options = get_origin(kind), get_args(kind)
    if origin is tuple:
        return tuple(_read(options[0], one, place) for one in _expect(list, data, place))
    if origin in (Union, types.UnionType):
        return _one_of(options, data, place)
    return _expect_equal(options, data, place) if origin is Literal else _expect(kind, data, place)


def _record(kind: Any, data: object, place: str) -> Any:
    sent = _expect(dict, data, place)
    hints = get_type_hints(kind)
    values = {}
    for field in fields(kind):
        if field.name in sent:
            values[field.name] = _read(hints[field.name], sent[field.name], f"{place}.{field.name}")
        elif field.default is MISSING:
            raise UnknownForm(f"{place}.{field.name} is missing in the answer.")
    return kind(**values)


def _one_of(options: tuple[Any, ...], data: object, place: str) -> Any:
    if data is None and type(None) in options:
        return None
    kinds = [one for one in options if one is not type(None)]
    for kind in kinds[:-1]:
        try:
            return _read(kind, data, place)
        except UnknownForm:
            continue
    return _read(kinds[-1], data, place)


def _expect(kind: type[T], data: object, place: str) -> T:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise UnknownForm(f"{place} in the answer is not of the type that was agreed.")
    return data


def _expect_equal(options: tuple[object, ...], data: object, place: str) -> object:
    if data not in options:
        raise UnknownForm(f"{place} in the answer is none that this client knows.")
    return data


def _time(kind: Any, text: str, place: str) -> Any:
    with suppress(ValueError):
        return kind.fromisoformat(text)
    raise UnknownForm(f"{place} in the answer is not a time.")
