"""The service key is unwrapped by KMS and held for at most five minutes. Subkeys are derived from it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from chalicelib.adapters.sealing.held_keys import HeldKeys, NoKey
from chalicelib.adapters.sealing.keyring import KeyMaterial, Keyring, encryption_context
from chalicelib.domain.child import NhsNumber
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.involvement import Registration
from tests.support.examples import BRENT, EALING, NOW, some_work

PUT = Registration(nhs_number=NhsNumber("9990000018"), work=some_work())


@dataclass
class Kms:
    """A KMS that unwraps by removing the first byte, and keeps the requests."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    def decrypt(self, **request: Any) -> dict[str, bytes]:
        self.asked.append(request)
        return {"Plaintext": request["CiphertextBlob"][1:]}


@dataclass
class Bench:
    kms: Kms = field(default_factory=Kms)
    now: datetime = NOW
    wrapped: dict[int, bytes] = field(default_factory=lambda: {1: b"w" + b"1" * 32, 2: b"w" + b"2" * 32})
    salts: dict[str, bytes] = field(default_factory=lambda: {EALING: b"e" * 32, BRENT: b"b" * 32})

    def keyring(self) -> Keyring:
        held = HeldKeys(
            self.kms,
            "alias/data",
            lambda version: encryption_context("test", version, "arn:aws:kms:eu-west-2:1:key/mrk-mac"),
            lambda: self.now,
        )
        return Keyring(held, lambda: KeyMaterial(wrapped=self.wrapped, salts=self.salts))


def test_every_purpose_authority_and_version_has_its_own_key() -> None:
    keyring = Bench().keyring()
    keys = [
        keyring.subkey(purpose, authority, version)
        for purpose in ("details", "shown", "shield", "digest")
        for authority in (None, EALING, BRENT)
        for version in (1, 2)
    ]
    assert {len(key) for key in keys} == {32}
    assert len(set(keys)) == len(keys)


def test_deriving_a_key_again_gives_the_same_key() -> None:
    assert Bench().keyring().subkey("details", EALING) == Bench().keyring().subkey("details", EALING)


def test_two_authorities_with_the_same_salt_still_have_different_keys() -> None:
    keyring = Bench(salts={EALING: b"s" * 32, BRENT: b"s" * 32}).keyring()
    assert keyring.subkey("details", EALING) != keyring.subkey("details", BRENT)


def test_an_authority_without_a_salt_has_no_key() -> None:
    bench = Bench()
    keyring = bench.keyring()
    keyring.subkey("details", EALING)
    del bench.salts[EALING]
    with pytest.raises(NoKey):
        keyring.subkey("details", EALING)


def test_an_unknown_version_has_no_key() -> None:
    with pytest.raises(NoKey):
        Bench().keyring().subkey("shown", None, 3)


def test_kms_is_asked_with_the_encryption_context_of_the_key() -> None:
    bench = Bench()
    bench.keyring().ready()
    [request] = bench.kms.asked
    assert request["KeyId"] == "alias/data"
    assert request["EncryptionContext"] == {
        "service": "known-to",
        "stage": "test",
        "purpose": "service-data-key",
        "version": "1",
        "pseudonyms": "mrk-mac",
    }


def test_kms_is_not_asked_before_the_key_is_needed() -> None:
    bench = Bench()
    bench.keyring()
    assert bench.kms.asked == []


@pytest.mark.parametrize(
    ("later", "asked"),
    [(timedelta(0), 1), (timedelta(seconds=299), 1), (timedelta(seconds=300), 2), (timedelta(seconds=-1), 2)],
)
def test_the_key_is_held_for_five_minutes_unless_the_clock_is_set_back(later: timedelta, asked: int) -> None:
    bench = Bench()
    keyring = bench.keyring()
    keyring.ready()
    bench.now += later
    keyring.ready()
    assert len(bench.kms.asked) == asked


def test_without_a_wrapped_key_the_service_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        Bench(wrapped={}).keyring().ready()


def test_different_puts_have_different_digests() -> None:
    keyring = Bench().keyring()
    digests = [
        keyring.digest(EALING, "ref-1", PUT),
        keyring.digest(BRENT, "ref-1", PUT),
        keyring.digest(EALING, "ref-2", PUT),
        keyring.digest(EALING, "ref-1", Registration(nhs_number=NhsNumber("9990000026"), work=PUT.work)),
        keyring.digest(
            EALING,
            "ref-1",
            Registration(nhs_number=PUT.nhs_number, work=PUT.work, date_of_birth=date(2014, 5, 17)),
        ),
        keyring.digest(EALING, "ref-1", Registration(nhs_number=PUT.nhs_number, work=some_work(sensitive=True))),
    ]
    assert all(one != other for one, other in combinations(digests, 2))


def test_the_same_put_has_the_same_digest() -> None:
    assert Bench().keyring().digest(EALING, "ref-1", PUT) == Bench().keyring().digest(EALING, "ref-1", PUT)


def test_without_the_authoritys_salt_there_is_no_digest() -> None:
    with pytest.raises(Unavailable):
        Bench(salts={}).keyring().digest(EALING, "ref-1", PUT)


def test_a_cipher_is_made_once_while_its_key_is_held() -> None:
    keyring = Bench().keyring()
    assert keyring.cipher("details", EALING) is keyring.cipher("details", EALING)
    assert keyring.cipher("details", EALING) is not keyring.cipher("details", BRENT)


@pytest.mark.parametrize("gone", ["salt", "wrapped key"])
def test_a_cipher_is_dropped_with_the_salt_or_the_service_key(gone: str) -> None:
    bench = Bench()
    keyring = bench.keyring()
    keyring.cipher("details", EALING)
    if gone == "salt":
        del bench.salts[EALING]
    else:
        del bench.wrapped[1]
    with pytest.raises(NoKey):
        keyring.cipher("details", EALING)


def test_a_cipher_is_held_no_longer_than_its_key() -> None:
    bench = Bench()
    keyring = bench.keyring()
    before = keyring.cipher("details", EALING)
    bench.now += timedelta(minutes=5)
    assert keyring.cipher("details", EALING) is not before
    assert len(bench.kms.asked) == 2


def test_another_salt_makes_another_cipher() -> None:
    bench = Bench()
    keyring = bench.keyring()
    sealed = keyring.cipher("details", EALING).encrypt(b"n" * 12, b"text", b"")
    bench.salts[EALING] = b"x" * 32
    with pytest.raises(InvalidTag):
        keyring.cipher("details", EALING).decrypt(b"n" * 12, sealed, b"")
