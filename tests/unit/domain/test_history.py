"""Checkpoints: what a minute's tree looks like, and what the history commits to."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from chalicelib.domain.history import (
    SMALLEST_TREE,
    Checkpoint,
    Closing,
    Head,
    Leaf,
    close,
    root_of_minute,
    split_hashes,
    tree_of,
)
from chalicelib.domain.merkle import inclusion_proof, nodes_of, root_of

NOW = datetime(2026, 11, 30, 19, 5, tzinfo=UTC)


def padding(number: int) -> bytes:
    return sha256(f"padding {number}".encode()).digest()


def leaf(number: int) -> bytes:
    return Leaf(f'{{"n":{number}}}', bytes(32), bytes(32)).hash


def head_of(closing: Closing) -> Head:
    return Head(Checkpoint(closing.minute, closing.history, "key", b"signature"), closing.peaks)


@pytest.mark.parametrize(("records", "size"), [(0, 1024), (1, 1024), (1023, 1024), (1024, 1024), (1025, 2048)])
def test_a_tree_is_as_large_for_an_empty_minute_as_for_a_busy_one(records: int, size: int) -> None:
    tree = tree_of([leaf(number) for number in range(records)], padding)
    assert len(tree) == size == len({*tree})
    assert size >= SMALLEST_TREE


def test_the_place_of_a_leaf_does_not_depend_on_when_it_came() -> None:
    leaves = [leaf(number) for number in range(50)]
    assert tree_of(leaves, padding) == tree_of(reversed(leaves), padding) == sorted(tree_of(leaves, padding))


def test_a_leaf_that_came_twice_counts_once() -> None:
    assert tree_of([leaf(1), leaf(1)], padding) == tree_of([leaf(1)], padding)


def test_the_proof_of_a_leaf_leads_to_the_root_of_its_minute() -> None:
    tree = tree_of([leaf(number) for number in range(20)], padding)
    node, index = nodes_of(tree), tree.index(leaf(7))
    proof = inclusion_proof(node, index, len(tree))
    assert root_of_minute(leaf(7), index, proof) == root_of(node, len(tree))
    assert root_of_minute(leaf(8), index, proof) != root_of(node, len(tree))


@pytest.mark.parametrize(
    "changed",
    [
        Leaf("{}", bytes(32), bytes(32)),
        Leaf('{"n":1}', b"1" * 32, bytes(32)),
        Leaf('{"n":1}', bytes(32), b"1" * 32),
    ],
)
def test_a_leaf_commits_to_its_text_its_salt_and_what_is_hidden(changed: Leaf) -> None:
    assert changed.hash != leaf(1)


def test_checkpoints_count_from_one_and_each_root_of_the_history_covers_all_minutes_so_far() -> None:
    head, minutes = None, []
    for number in range(1, 12):
        closing = close(head, [leaf(number)], padding, NOW + timedelta(minutes=number))
        minutes.append(closing.minute.leaf)
        assert closing.minute.number == number
        assert closing.history == root_of(nodes_of(minutes), number)
        head = head_of(closing)


def test_a_clock_that_was_set_back_does_not_close_a_minute_before_the_last_one() -> None:
    first = close(None, [], padding, NOW)
    assert close(head_of(first), [], padding, NOW - timedelta(hours=1)).minute.closed_at == NOW


def test_a_signature_covers_number_time_both_roots_and_the_name_of_the_key() -> None:
    closing = close(None, [leaf(1)], padding, NOW)
    text = Checkpoint(closing.minute, closing.history, "key", b"").signed_text
    root, history = closing.minute.root.hex(), closing.history.hex()
    assert text == f"known-to checkpoint 1\n1\n2026-11-30T19:05:00Z\n{root}\n{history}\nkey\n"


def test_joined_hashes_come_apart_again() -> None:
    assert split_hashes(leaf(1) + leaf(2)) == (leaf(1), leaf(2))
