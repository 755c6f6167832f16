"""The service takes the keys that the client makes."""

import json
from pathlib import Path

import pytest

from chalicelib.adapters.console.event_bodies import checked_jwks
from chalicelib.adapters.http.tokens import read_jwks
from client.tests.command_line import KnownTo, room_for, tidy
from client.tests.service import Service, write_private
from infra.local.authorities import make_signing_key
from known_to.errors import FileError
from known_to.signing import Signer, make_private_key


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_onboarding_takes_the_public_half_of_every_kind_of_key(alg: str) -> None:
    jwks = Signer("E1", "aud", "kid-1", make_signing_key("E1", alg).private_key_pem).jwks
    assert [*read_jwks(checked_jwks(jwks))] == ["kid-1"]
    assert jwks["keys"][0]["alg"] == alg


def test_only_its_owner_can_read_a_new_key_and_no_key_is_overwritten(
    service: Service, known_to: KnownTo, tmp_path: Path
) -> None:
    ended = known_to("--authority", "E09000009", "keys", "make", "--file", "new.pem")
    jwks = json.loads(tidy(ended))
    [kid] = read_jwks(checked_jwks(jwks))
    assert kid.startswith("E09000009-")
    assert f'  kid = "{kid}"\n' in ended.err
    made = (tmp_path / "new.pem").read_text()
    assert (tmp_path / "new.pem").stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in ended.out + ended.err
    again = known_to("--authority", "E09000009", "keys", "make", "--file", "new.pem")
    assert (again.code, again.out) == (5, "")
    assert "new.pem cannot be made: File exists." in again.err
    assert (tmp_path / "new.pem").read_text() == made

    service.configure(tmp_path, kid=kid)
    write_private(tmp_path / "home" / "signing-key.pem", made)
    assert json.loads(known_to("keys", "show").out) == jwks


def test_a_full_disk_leaves_no_incomplete_key(tmp_path: Path) -> None:
    with room_for(10), pytest.raises(FileError, match="cannot be made: File too large"):
        make_private_key(tmp_path / "new.pem", "E1")
    assert [*tmp_path.iterdir()] == []


def test_each_key_has_its_own_name(known_to: KnownTo) -> None:
    made = [json.loads(known_to("keys", "make", "--file", name).out)["keys"][0]["kid"] for name in ("a", "b")]
    assert made[0] != made[1]


def test_a_key_is_not_made_without_an_authority(known_to: KnownTo, tmp_path: Path) -> None:
    (tmp_path / "home" / "known-to.toml").unlink()
    ended = known_to("keys", "make")
    assert (ended.code, ended.err) == (3, "Name your authority: known-to --authority CODE keys make\n")
    assert not [*tmp_path.glob("*.pem.*")]
