"""The file of the numbers that each reference had: digests only, kept from load to load."""

from pathlib import Path

import pytest

from known_to.errors import SettingsError
from known_to.feed_rows import Row
from known_to.numbers_file import NumbersFile
from known_to.row_digests import digest_with

ONE, OTHER = "9990000018", "9990033064"


def opened(folder: Path) -> NumbersFile:
    return NumbersFile(folder / "feed.csv.numbers", digest_with(folder / "home" / "digest.key", "numbers"))


def row(reference: str, number: str) -> Row:
    return Row(2, reference, {"reference": reference, "nhs_number": number, "started_on": "2026-02-01"})


def test_it_keeps_the_number_of_each_reference_and_reveals_nothing(tmp_path: Path) -> None:
    numbers = opened(tmp_path)
    assert numbers.before("sw-1") is None
    numbers.take(row("sw-1", ONE))
    numbers.take(row("sw-2", OTHER))
    numbers.save(["sw-1", "sw-2", "sw-3"])
    again = opened(tmp_path)
    assert again.before("sw-1") == again.digest_of({"nhs_number": ONE})
    assert again.before("sw-2") == again.digest_of({"nhs_number": OTHER})
    assert again.before("sw-3") is None
    file = tmp_path / "feed.csv.numbers"
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [text for text in ("sw-", ONE, OTHER) if text in file.read_text()]


def test_a_row_that_was_not_taken_keeps_the_number_that_it_had(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.take(row("sw-1", ONE))
    first.take(row("gone", ONE))
    first.save()
    second = opened(tmp_path)
    second.take(row("sw-2", OTHER))
    second.save(["sw-1", "sw-2"])
    third = opened(tmp_path)
    assert third.before("sw-1") == third.digest_of({"nhs_number": ONE})
    assert third.before("gone") is None


def test_a_file_that_no_load_wrote_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "feed.csv.numbers"
    file.write_text("my own notes\n")
    with pytest.raises(SettingsError, match=r"feed.csv.numbers is not the file of a load"):
        opened(tmp_path)
    assert file.read_text() == "my own notes\n"


def test_with_another_key_nothing_is_recognised(tmp_path: Path) -> None:
    numbers = opened(tmp_path)
    numbers.take(row("sw-1", ONE))
    numbers.save()
    (tmp_path / "home" / "digest.key").unlink()
    assert opened(tmp_path).before("sw-1") is None
