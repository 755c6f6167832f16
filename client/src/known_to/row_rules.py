"""What the service refuses in a row, as far as it can be known here. For a check before anything is sent.

The service alone decides: it may know words that this client does not. A test holds the two together.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from .errors import FieldError
from .identifiers import contains_nhs_number

_WORDS = {
    "service_type": (
        *("social_care", "early_help", "school", "early_years", "gp", "health_visiting", "school_nursing", "midwifery"),
        *("hospital", "police", "youth_justice", "housing", "voluntary", "sexual_health", "mental_health"),
        *("substance_misuse", "domestic_abuse", "other"),
    ),
    "basis": (
        *("statutory", "targeted_support", "concern", "consent", "significant_harm", "leaving_care", "duty_to_share"),
    ),
}
_LONGEST_TEXT = 200
_LONGEST_EMAIL = 254
_LONGEST_PHONE = 100
_LONGEST_BEFORE_BIRTH = timedelta(days=300)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_NUMBER = r"[+(]?[0-9][0-9 ()./-]{2,29}"
_CHOICE = r"(,? ?(extension|ext|option|opt|x)\.? ?[0-9]{1,8}){0,2}"
_PHONE = re.compile(rf"(?=([^0-9]*[0-9]){{3}}){_NUMBER}{_CHOICE}( ?([,;/]|or) ?{_NUMBER}{_CHOICE})?", re.IGNORECASE)


def broken_rules(record: Mapping[str, Any], today: date) -> list[FieldError]:
    """Quotes nothing. `record` is the body of a PUT, with its reference."""
    texts = dict(_texts(record))
    errors = [
        FieldError(name, f"is not one of: {', '.join(words)}")
        for name, words in _WORDS.items()
        if record.get(name) not in words
    ]
    errors += [FieldError(name, problem) for name, text in texts.items() if (problem := _text_fault(name, text))]
    number = record.get("nhs_number")
    errors += [
        FieldError(name, "may not hold an NHS number")
        for name, text in texts.items()
        if not name.endswith("phone") and contains_nhs_number(text, number)
    ]
    return errors + list(_date_faults(record, today + timedelta(days=1)))


def _texts(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for above in ("practitioner", "team"):
        group = record.get(above)
        for name, value in group.items() if isinstance(group, dict) else ():
            if isinstance(value, str):
                yield f"{above}_{name}", value
    if isinstance(organisation := record.get("organisation"), str):
        yield "organisation", organisation


def _text_fault(name: str, text: str) -> str | None:
    if name.endswith("phone"):
        fits = len(text) <= _LONGEST_PHONE and _PHONE.fullmatch(text)
        return (
            None
            if fits
            else ("is not a phone number; after it may come an extension or option, and a second number after or / , ;")
        )
    if name.endswith("email"):
        return None if len(text) <= _LONGEST_EMAIL and _EMAIL.fullmatch(text) else "is not an e-mail address"
    if _CONTROLS.search(text):
        return "has a line break or a tab in it"
    return f"has more than {_LONGEST_TEXT} characters" if len(text) > _LONGEST_TEXT else None


def _date_faults(record: Mapping[str, Any], tomorrow: date) -> Iterator[FieldError]:
    days = {name: _day(record.get(name)) for name in ("started_on", "ended_on", "date_of_birth")}
    for name, day in days.items():
        if day is not None and day > tomorrow:
            yield FieldError(name, "may not be later than tomorrow")
    started, ended, birth = days.values()
    if started and ended and ended < started:
        yield FieldError("ended_on", "may not be before started_on")
    if started and birth and birth - started > _LONGEST_BEFORE_BIRTH:
        yield FieldError("date_of_birth", f"may not be more than {_LONGEST_BEFORE_BIRTH.days} days after started_on")


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
