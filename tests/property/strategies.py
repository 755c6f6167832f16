"""Strategies for domain values that can be on record."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import strategies as st
from nhs_number.validate import calculate_checksum

from chalicelib.domain.calendar import midnight
from chalicelib.domain.involvement import Basis, Details, Involvement, Practitioner, ServiceType, Team, Work
from tests.support.examples import CHILD, NOW, TODAY

SYNTHETIC_NUMBERS = (
    st.integers(900_000_000, 999_999_999)
    .map(lambda nine: _numbered(str(nine)))
    .filter(lambda number: len(set(number)) > 1)
)
ISSUED_NUMBERS = (
    st.one_of(st.integers(400_000_000, 499_999_999), st.integers(600_000_000, 799_999_999))
    .map(lambda nine: _numbered(str(nine)))
    .filter(lambda number: len(set(number)) > 1)
)
DAYS = st.dates(date(2008, 1, 1), date(2026, 12, 31))
"""Includes some months after the examples' today, because a later write looks at earlier ones."""


def _numbered(nine: str) -> str:
    """The number with its check digit, or empty if there is none."""
    check = calculate_checksum(nine)
    return "" if check is None or check == 10 else f"{nine}{check}"


@st.composite
def works(draw: st.DrawFn) -> Work:
    started_on = draw(st.dates(date(2008, 1, 1), TODAY + timedelta(days=1)))
    ended_on = draw(st.none() | st.dates(started_on, TODAY + timedelta(days=1)))
    return Work(
        service_type=draw(st.sampled_from(ServiceType)),
        basis=draw(st.sampled_from(Basis)),
        practitioner=Practitioner(id=draw(st.sampled_from(["sw-1", "sw-2"])), name="Ada Okafor", role="Social worker"),
        team=Team(name="Assessment team", phone="020 7946 0002"),
        started_on=started_on,
        ended_on=ended_on,
        lead_professional=draw(st.booleans()),
        sensitive=draw(st.booleans()),
    )


@st.composite
def details(draw: st.DrawFn) -> Details:
    work = draw(works())
    return Details(
        work=work,
        confirmed_on=draw(st.dates(date(2022, 1, 1), TODAY)),
        first_registered_on=draw(st.dates(date(2008, 1, 1), TODAY)),
        cap_on=draw(st.none() | DAYS.map(lambda day: day.replace(day=1))),
    )


@st.composite
def child_rows(draw: st.DrawFn, codes: Sequence[str]) -> tuple[Involvement, ...]:
    """All rows of one child, each with its own reference and version."""
    drawn = draw(st.lists(st.tuples(st.sampled_from(codes), details(), st.sampled_from([-1, 0, 1, 400])), max_size=6))
    return tuple(
        Involvement(
            child=CHILD,
            authority_code=code,
            reference=f"ref-{index}",
            version=f"v-{index}",
            expires_at=NOW + timedelta(seconds=1) if days == 1 else midnight(TODAY + timedelta(days=days)),
            details=one,
        )
        for index, (code, one, days) in enumerate(drawn)
    )
