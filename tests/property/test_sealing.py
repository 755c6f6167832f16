"""A sealed text opens only with its encryption key, under its binding and unaltered. Otherwise it is Unreadable."""

from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb.access_records import RecordContent, padded
from chalicelib.adapters.sealing.held_keys import HeldKeys
from chalicelib.adapters.sealing.keyring import KeyMaterial, Keyring
from chalicelib.adapters.sealing.sealer import Bound, Sealer, key_version, open_sealed, seal
from chalicelib.application.store_errors import Unreadable
from chalicelib.domain.access_records import Disclosed, Form, Shown
from chalicelib.domain.child import ChildKey
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.involvement import Details
from tests.support.examples import BRENT, EALING, NOW

from .strategies import details

KEYS = st.binary(min_size=32, max_size=32)
BOUNDS = st.tuples(st.text(max_size=40), st.text(max_size=40), st.text(max_size=26), st.integers(0, 253_402_300_799))
SALTS = {EALING: b"e" * 32, BRENT: b"b" * 32}


class OneKey:
    """Replaces KMS: unwraps every wrapped key to the same 32 bytes."""

    def decrypt(self, **_: Any) -> dict[str, bytes]:
        return {"Plaintext": b"k" * 32}


def sealer(**salts: bytes) -> Sealer:
    return sealer_with(salts or SALTS)


def sealer_with(salts: dict[str, bytes]) -> Sealer:
    material = KeyMaterial(wrapped={1: b"wrapped"}, salts=salts)
    return Sealer(Keyring(HeldKeys(OneKey(), "alias/data", lambda _: {}, lambda: NOW), lambda: material))


SEALER = sealer()


def opens(key: bytes, sealed: bytes, bound: Bound) -> bool:
    try:
        open_sealed(AESGCM(key), sealed, bound)
    except Unreadable:
        return False
    return True


def opens_for(authority_code: str, sealed: bytes, bound: Bound, by: Sealer = SEALER) -> bool:
    try:
        by.open_details(sealed, authority_code, bound)
    except Unreadable:
        return False
    return True


@given(KEYS, st.binary(max_size=200), BOUNDS)
def test_a_sealed_text_opens(key: bytes, text: bytes, bound: Bound) -> None:
    assert open_sealed(AESGCM(key), seal(AESGCM(key), text, bound), bound) == text


@given(KEYS, st.binary(max_size=200), BOUNDS)
def test_sealing_the_same_text_twice_gives_different_bytes(key: bytes, text: bytes, bound: Bound) -> None:
    assert seal(AESGCM(key), text, bound) != seal(AESGCM(key), text, bound)


@given(KEYS, BOUNDS, BOUNDS, st.integers(0, 3))
def test_a_sealed_text_opens_only_under_its_own_binding(key: bytes, bound: Bound, other: Bound, part: int) -> None:
    assume(bound[part] != other[part])
    pk, sk, version, expires_at = (other[index] if index == part else bound[index] for index in range(4))
    assert not opens(key, seal(AESGCM(key), b"text", bound), (str(pk), str(sk), str(version), int(expires_at)))


@given(KEYS, BOUNDS, st.integers(1, 10**9))
def test_a_later_expiry_does_not_open(key: bytes, bound: Bound, seconds: int) -> None:
    assert not opens(key, seal(AESGCM(key), b"text", bound), (*bound[:3], bound[3] + seconds))


@given(KEYS, st.text(min_size=1, max_size=10), st.text(max_size=10), st.text(max_size=10))
def test_the_border_between_two_keys_cannot_be_shifted(key: bytes, moved: str, pk: str, sk: str) -> None:
    sealed = seal(AESGCM(key), b"text", (pk + moved, sk, "v", 1))
    assert not opens(key, sealed, (pk, moved + sk, "v", 1))


@given(KEYS, KEYS, BOUNDS)
def test_a_sealed_text_does_not_open_with_another_encryption_key(key: bytes, other: bytes, bound: Bound) -> None:
    assume(key != other)
    assert not opens(other, seal(AESGCM(key), b"text", bound), bound)


@given(KEYS, st.binary(max_size=60), BOUNDS, st.data())
def test_one_flipped_bit_anywhere_does_not_open(key: bytes, text: bytes, bound: Bound, data: st.DataObject) -> None:
    sealed = bytearray(seal(AESGCM(key), text, bound))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert not opens(key, bytes(sealed), bound)


@given(KEYS, st.binary(max_size=60), BOUNDS, st.data(), st.binary(min_size=1, max_size=20))
def test_a_shortened_or_lengthened_text_does_not_open(
    key: bytes, text: bytes, bound: Bound, data: st.DataObject, more: bytes
) -> None:
    sealed = seal(AESGCM(key), text, bound)
    assert not opens(key, sealed[: data.draw(st.integers(0, len(sealed) - 1))], bound)
    assert not opens(key, sealed + more, bound)
    assert not opens(key, more + sealed, bound)


@given(KEYS, st.binary(max_size=300), BOUNDS)
def test_bytes_that_were_never_sealed_do_not_open(key: bytes, raw: bytes, bound: Bound) -> None:
    assert not opens(key, raw, bound)
    assert not opens_for(EALING, raw, bound)


# Through the key ring.


@given(details(), BOUNDS)
def test_details_come_back_as_they_were_sealed(one: Details, bound: Bound) -> None:
    assert SEALER.open_details(SEALER.seal_details(one, EALING, bound), EALING, bound) == one


@given(details(), BOUNDS)
def test_sealed_details_hold_no_readable_name(one: Details, bound: Bound) -> None:
    sealed = SEALER.seal_details(one, EALING, bound)
    assert not any(word in sealed for word in (b"Okafor", b"Assessment", b"7946", one.work.service_type.encode()))


@given(details(), BOUNDS)
def test_details_open_only_for_their_own_authority_and_salt(one: Details, bound: Bound) -> None:
    sealed = SEALER.seal_details(one, EALING, bound)
    assert not opens_for(BRENT, sealed, bound)
    assert not opens_for("E09999999", sealed, bound)
    assert not opens_for(EALING, sealed, bound, sealer(**{BRENT: b"b" * 32}))
    assert not opens_for(EALING, sealed, bound, sealer(**{EALING: b"x" * 32}))


@given(details(), BOUNDS, st.data())
def test_details_that_were_tampered_with_do_not_open(one: Details, bound: Bound, data: st.DataObject) -> None:
    sealed = bytearray(SEALER.seal_details(one, EALING, bound))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert not opens_for(EALING, bytes(sealed), bound)


SHOWN = st.builds(Shown, st.text(max_size=9), st.text(max_size=64), st.text(max_size=26), st.sampled_from(Form))
DISCLOSED = st.builds(Disclosed, st.booleans(), st.booleans(), st.lists(SHOWN, max_size=60).map(tuple))
NOTHING = Disclosed(known=False, complete=True, rows=())


@given(DISCLOSED, BOUNDS)
def test_disclosed_rows_come_back_as_they_were_sealed(disclosed: Disclosed, bound: Bound) -> None:
    assert SEALER.open_disclosed(SEALER.seal_disclosed(disclosed, bound), bound) == disclosed


@given(details(), BOUNDS)
def test_a_text_sealed_for_one_purpose_does_not_open_for_another(one: Details, bound: Bound) -> None:
    for sealed in (SEALER.seal_details(one, EALING, bound), SEALER.seal_reason("a reason", bound)):
        with pytest.raises(Unreadable):
            SEALER.open_disclosed(sealed, bound)
    assert not opens_for(EALING, SEALER.seal_disclosed(NOTHING, bound), bound)


@given(st.binary(max_size=40))
def test_a_key_version_is_read_only_from_our_own_format(raw: bytes) -> None:
    try:
        version = key_version(raw)
    except Unreadable:
        assert len(raw) <= 14 or raw[0] != 1
    else:
        assert (raw[0], raw[1]) == (1, version)


@given(details(), BOUNDS)
def test_nothing_is_sealed_for_an_authority_without_a_salt(one: Details, bound: Bound) -> None:
    with pytest.raises(Unavailable):
        sealer(**{BRENT: b"b" * 32}).seal_details(one, EALING, bound)


@given(st.lists(st.tuples(details(), st.sampled_from((EALING, BRENT)), BOUNDS), max_size=5))
def test_rows_read_together_open_as_they_do_alone(rows: list[tuple[Details, str, Bound]]) -> None:
    open_details = SEALER.open_details_of_one_read()
    for one, code, bound in rows:
        assert open_details(SEALER.seal_details(one, code, bound), code, bound) == one


@given(details(), BOUNDS, BOUNDS)
def test_rows_read_together_do_not_open_for_another_authority_or_key(one: Details, bound: Bound, other: Bound) -> None:
    assume(bound != other)
    sealed = SEALER.seal_details(one, EALING, bound)
    open_details = SEALER.open_details_of_one_read()
    open_details(sealed, EALING, bound)
    for code, place in ((BRENT, bound), ("E09999999", bound), (EALING, other)):
        with pytest.raises(Unreadable):
            open_details(sealed, code, place)


@given(details(), BOUNDS)
def test_the_next_read_opens_nothing_of_an_authority_without_its_salt(one: Details, bound: Bound) -> None:
    salts = dict(SALTS)
    shredded = sealer_with(salts)
    sealed = shredded.seal_details(one, EALING, bound)
    assert shredded.open_details_of_one_read()(sealed, EALING, bound) == one
    del salts[EALING]
    with pytest.raises(Unreadable):
        shredded.open_details_of_one_read()(sealed, EALING, bound)


REASONS = st.text(min_size=1, max_size=1000)


@given(REASONS, REASONS)
def test_the_length_of_a_sealed_reason_falls_into_few_classes(one: str, other: str) -> None:
    sizes = {len(SEALER.seal_reason(reason, ("C#1#child", "S#", "version", 0))) - _OVERHEAD for reason in (one, other)}
    assert sizes <= {256, 1024, 2048, 4096}


_OVERHEAD = 2 + 12 + 16  # header, nonce, tag


@given(REASONS, st.sampled_from(["shielded", "unshielded", "proposed"]))
def test_the_length_of_an_access_record_falls_into_few_classes(reason: str, act: str) -> None:
    content = RecordContent(at=NOW, act=act, requested_by="j.doe", reason=reason, request_id="0" * 36)
    assert len(padded(msgspec.msgpack.encode(content))) in {128, 320, 640, 1280, 2560, 5120}


@given(st.integers(0, 3), st.sampled_from(["safeguarding", "child_protection", "health_care"]))
def test_an_access_record_of_a_lookup_is_as_long_if_nothing_was_found(found: int, purpose: str) -> None:
    rows = tuple(Shown(EALING, f"ref-{n}", "01M8PZWSS8NF6YY0938NKRKAYD", Form.FULL) for n in range(found))
    shown = SEALER.seal_disclosed(Disclosed(bool(found), True, rows), ("C#1#child", "L#1", "1", 0))
    content = RecordContent(
        at=NOW,
        authority=EALING,
        practitioner="sw-12345",
        role="Social worker",
        purpose=purpose,
        case_reference="2026/CAS/0001234",
        shown=shown,
    )
    assert len(padded(msgspec.msgpack.encode(content))) == 320


@given(st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_the_former_keys_of_a_child_are_not_counted_by_their_length(keys: list[int]) -> None:
    former = tuple(ChildKey(f"C#1#{key:043}") for key in keys)
    bound: Bound = ("C#1#child", "F#", "version", 0)
    sealed = SEALER.seal_former_keys(former, bound)
    assert len(sealed) == _OVERHEAD + 256
    assert SEALER.open_former_keys(sealed, bound) == former
