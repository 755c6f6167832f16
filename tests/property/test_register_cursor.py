"""A cursor decodes to the reference that it was made from, and only our own cursors are accepted."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.http.paging import LARGEST_PAGE, cursor_of, page
from chalicelib.domain.errors import InvalidRequest

from .test_identifiers import REFERENCE_ALPHABET, is_a_reference


@given(st.text(REFERENCE_ALPHABET, min_size=1, max_size=64).filter(is_a_reference))
def test_a_cursor_decodes_to_its_reference(reference: str) -> None:
    cursor = cursor_of(reference)
    assert page({"cursor": [cursor]}) == (reference, 100)
    assert set(cursor) <= set(REFERENCE_ALPHABET) - {"."}


def read(**query: str) -> tuple[str | None, int] | set[str]:
    """The page, or the names of the refused fields."""
    try:
        return page({name: [value] for name, value in query.items()})
    except InvalidRequest as refused:
        return {fault.field for fault in refused.errors}


@given(st.text() | st.text("ABCabc0189-_=", max_size=12))
def test_any_other_text_is_refused_or_decodes_to_a_reference(cursor: str) -> None:
    answer = read(cursor=cursor)
    if answer != {"cursor"}:
        assert isinstance(answer, tuple)
        assert answer[0] is not None
        assert is_a_reference(answer[0])


@given(st.text() | st.integers().map(str))
def test_a_limit_is_within_bounds_or_refused(limit: str) -> None:
    answer = read(limit=limit)
    if answer != {"limit"}:
        assert isinstance(answer, tuple)
        assert 1 <= answer[1] <= LARGEST_PAGE
