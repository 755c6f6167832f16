"""The query parameters that say where a page begins and how long it is."""

import pytest

from chalicelib.adapters.http.paging import cursor_of, notice_page, page
from chalicelib.domain.errors import InvalidRequest


def test_a_page_has_100_entries_by_default() -> None:
    assert page({}) == (None, 100)
    assert page({"limit": ["1000"]}) == (None, 1000)
    assert page({"limit": ["1"], "cursor": [cursor_of("ref-1")]}) == ("ref-1", 1)


@pytest.mark.parametrize("limit", ["", "0", "1001", "-1", "+1", "1.0", "1e2", " 1", "٣", "１", "x", "9" * 5_000, "1_0"])
def test_a_limit_is_a_whole_number_from_1_to_1000(limit: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        page({"limit": [limit]})
    assert refused.value.errors[0].field == "limit"


@pytest.mark.parametrize("cursor", ["", "a", "é", "%%%", cursor_of("485-777-3457"), cursor_of("a b"), cursor_of("é")])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        page({"cursor": [cursor]})
    assert refused.value.errors[0].field == "cursor"


@pytest.mark.parametrize("query", [{"limt": ["1"]}, {"limit": ["1", "2"]}, {"cursor": ["x", "y"]}, {"limit": []}])
def test_unknown_and_repeated_parameters_are_refused(query: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidRequest):
        page(query)


def test_notices_begin_with_the_oldest_by_default() -> None:
    assert notice_page({}) == (0, 100)
    assert notice_page({"after": ["0"], "limit": ["1"]}) == (0, 1)
    assert notice_page({"after": ["999999999999"]}) == (999_999_999_999, 100)


@pytest.mark.parametrize(
    "after", ["", "-1", "+1", "01", "00", "1.0", "1e2", " 1", "1 ", "1\n", "٣", "１", "x", "1" * 13, "9" * 5_000, "1_0"]
)
def test_a_notice_cursor_that_is_not_ours_is_refused(after: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        notice_page({"after": [after]})
    assert refused.value.errors[0].field == "after"


@pytest.mark.parametrize("limit", ["0", "101", "x"])
def test_a_page_of_notices_has_at_most_100(limit: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        notice_page({"limit": [limit]})
    assert refused.value.errors[0].field == "limit"


@pytest.mark.parametrize("query", [{"cursor": ["1"]}, {"after": ["1", "2"]}, {"after": []}, {"After": ["1"]}])
def test_notices_take_no_other_parameters(query: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidRequest):
        notice_page(query)
