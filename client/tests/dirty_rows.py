"""Makes feeds of thousands of rows that are dirty in every way that Excel and case systems have shown.

Each kind of dirt says what must become of its row: the record of the clean row, or one sentence about one column.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from client.tests.test_feed_file import GOOD
from known_to.identifiers import is_nhs_number

Cells = dict[str, Any]
_NAMES = ("Zoë Okafor", "Łukasz Żak", "Siân O’Brien", "Ada Nash", "'Abd al-Rahman", 'Jo "Jojo" Reid', "Nguyễn Thị Hoa")
_TEAMS = ("Assessment, north", "Duty; out of hours", "Children’s\u00a0centre", "Team 7 | east")


def numbers() -> Iterator[str]:
    """Valid NHS numbers that are given to nobody."""
    return (str(one) for one in range(9_990_100_000, 9_999_999_999) if is_nhs_number(str(one)))


def clean_rows(count: int, random: Random) -> list[Cells]:
    given = numbers()
    return [
        {
            **GOOD,
            "reference": f"sw-{at:05}",
            "nhs_number": next(given),
            "practitioner_name": random.choice(_NAMES),
            "team_name": random.choice(_TEAMS),
            "team_phone": f"020 7946 {random.randrange(1000):04}",
            "started_on": date.fromordinal(random.randrange(738_000, 739_600)).isoformat(),
            "date_of_birth": date.fromordinal(random.randrange(734_000, 737_700)).isoformat(),
            "lead_professional": random.choice(["yes", "no"]),
        }
        for at in range(count)
    ]


@dataclass(frozen=True)
class Dirt:
    """`sentence`: a part of what is said about `column`, or None if the row is to be taken as if it were clean.

    `in_workbook` is False for what only text can hold.
    """

    column: str
    soil: Callable[[str], Any]
    sentence: str | None = None
    in_workbook: bool = True


def _grouped(mark: str) -> Callable[[str], str]:
    return lambda cell: f"{int(cell):,}".replace(",", mark)


def _spaced(cell: str) -> str:
    return f"{cell[:3]} {cell[3:6]} {cell[6:]}"


def _uk(form: str) -> Callable[[str], str]:
    return lambda cell: date.fromisoformat(cell).strftime(form)


def _always(cell: Any) -> Callable[[str], Any]:
    return lambda _: cell


def _spoiled(cell: str) -> str:
    return f"Zoë {cell}".encode().decode("cp1252", "replace").replace("\ufffd", "?")


EXCEL = "an error that a spreadsheet put there"
NOTHING = "a word or mark for 'nothing'"
KINDS: tuple[Dirt, ...] = (
    # taken
    Dirt("nhs_number", _spaced),
    Dirt("nhs_number", lambda cell: _spaced(cell).replace(" ", "-")),
    Dirt("nhs_number", lambda cell: f'="{cell}"', in_workbook=False),
    Dirt("nhs_number", lambda cell: f"'{cell}"),
    Dirt("nhs_number", lambda cell: f"{cell}.0"),
    Dirt("nhs_number", _grouped(",")),
    Dirt("nhs_number", _grouped(".")),
    Dirt("nhs_number", _grouped("\u00a0")),
    Dirt("nhs_number", lambda cell: f"\u200b {cell}\u00a0"),
    Dirt("nhs_number", lambda cell: cell + ".00"),
    Dirt("reference", lambda cell: f'="{cell}"', in_workbook=False),
    Dirt("reference", lambda cell: f"  {cell}\t"),
    Dirt("service_type", _always("Social Care")),
    Dirt("basis", _always("STATUTORY")),
    Dirt("practitioner_name", lambda cell: f" {cell} "),
    Dirt("team_phone", lambda cell: f"'{cell}"),
    Dirt("started_on", lambda cell: f"{cell} 00:00:00.000"),
    Dirt("started_on", lambda cell: f"{cell}T00:00:00"),
    Dirt("started_on", _uk("%d/%m/%Y")),
    Dirt("started_on", _uk("%d/%m/%Y 00:00")),
    Dirt("started_on", _uk("%d-%b-%Y")),
    Dirt("date_of_birth", _uk("%d.%m.%Y")),
    Dirt("date_of_birth", _uk("%Y%m%d")),
    Dirt("lead_professional", lambda cell: "TRUE" if cell == "yes" else "FALSE"),
    Dirt("lead_professional", lambda cell: "1.0" if cell == "yes" else "0.0"),
    Dirt("ended_on", _always(" ")),
    Dirt("organisation", _always("\u00a0")),
    Dirt("practitioner_email", _always('=""'), in_workbook=False),
    # refused by name
    Dirt("started_on", _uk("%d/%m/%y"), "a year of two digits"),
    Dirt("date_of_birth", _uk("%d-%b-%y"), "a year of two digits"),
    Dirt("started_on", _always("46054"), "a count of days, as Excel stores dates"),
    Dirt("started_on", _always("46054.58"), "a count of days, as Excel stores dates"),
    Dirt("started_on", lambda cell: f"{cell} 13:45:10", "a time of day"),
    Dirt("started_on", _always("02/13/2024"), "can only be month/day/year"),
    Dirt("started_on", _always("30/02/2024"), "is not a day of the calendar"),
    Dirt("ended_on", _always("31/12/9999"), "stands for 'no date'"),
    Dirt("ended_on", _always("1900-01-01 00:00:00"), "stands for 'no date'"),
    Dirt("date_of_birth", _always("2015"), "a year without a day"),
    Dirt("started_on", _always("soon"), "is not a date written"),
    Dirt("nhs_number", _always("9.99E+09"), "was rounded by a spreadsheet"),
    Dirt("nhs_number", lambda cell: cell[1:], "it must have ten digits"),
    Dirt("nhs_number", lambda cell: cell[:9] + str((int(cell[9]) + 1) % 10), "its last digit does not fit the others"),
    Dirt("nhs_number", _always(""), "is missing"),
    Dirt("reference", _always("2.02603E+14"), "was rounded by a spreadsheet"),
    Dirt("reference", _always("case 12/3"), "must be 1 to 64 of the characters"),
    Dirt("reference", _always("999-000-0018"), "may not be or contain an NHS number"),
    Dirt("team_phone", _always("2.07946E+09"), "was rounded by a spreadsheet"),
    Dirt("lead_professional", _always("perhaps"), "must be yes or no"),
    Dirt("practitioner_name", _spoiled, "UTF-8 was read as Windows-1252"),
    Dirt("team_name", lambda cell: f"{cell} \ufffd", "has lost a letter"),
    Dirt("team_name", _always("=VLOOKUP(A2;Teams;2)"), "a formula instead of its result"),
    *(
        Dirt(column, _always(cell), EXCEL)
        for column in ("reference", "nhs_number", "team_phone", "started_on", "practitioner_email", "organisation")
        for cell in ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "######")
    ),
    *(
        Dirt(column, _always(cell), NOTHING)
        for column in ("practitioner_name", "practitioner_phone", "ended_on", "sensitive", "basis", "team_name")
        for cell in ("NULL", "N/A", "-", "?", "(null)", "NaN")
    ),
)


@dataclass(frozen=True)
class DirtyRow:
    cells: Cells
    clean: Cells
    dirt: Dirt


def dirty_rows(count: int, *, workbook: bool = False) -> list[DirtyRow]:
    """Every kind of dirt in turn, each in a row of its own. The same at every run."""
    kinds = [one for one in KINDS if one.in_workbook or not workbook]
    made = []
    for at, clean in enumerate(clean_rows(count, Random(15))):  # noqa: S311 - the same rows at every run
        dirt = kinds[at % len(kinds)]
        made.append(DirtyRow({**clean, dirt.column: dirt.soil(clean.get(dirt.column, ""))}, clean, dirt))
    return made
