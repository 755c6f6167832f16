"""Files and variables that somebody else puts in the way: none of them gets our token, a child's number or our key."""

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from client.tests.command_line import ASK, KnownTo, tidy
from client.tests.service import Service, write_private
from client.tests.test_settings import FILE, PEM, config, variables
from known_to.demo import from_demo
from known_to.errors import FileError, SettingsError, UnsafeFile
from known_to.guarded_files import read_secret
from known_to.row_digests import digest_with
from known_to.settings_folder import find_settings_folder
from known_to.settings_sources import from_file_and_environment
from known_to.state_file import StateFile
from known_to.witness_file import read_witness
from tests.support.stage import AUDIENCE

__all__ = ["config"]
ELSEWHERE = "https://elsewhere.test"


def plant(folder: Path, home: Path) -> None:
    """The attack: the real audience and the user's own key, but another host."""
    own = (home / "known-to.toml").read_text()
    base_url = own.partition('base_url = "')[2].partition('"')[0]
    planted = own.replace(base_url, ELSEWHERE, 1).replace('"signing-key.pem"', f'"{home / "signing-key.pem"}"')
    assert AUDIENCE in planted
    (folder / "known-to.toml").write_text(planted)


def test_a_settings_file_planted_in_the_working_folder_is_not_read(
    service: Service, known_to: KnownTo, tmp_path: Path
) -> None:
    plant(tmp_path, tmp_path / "home")
    ended = known_to(*ASK, stdin=service.stage.new_child())
    assert (ended.code, ended.err) == (0, "")
    assert [path for _, path, _ in service.seen] == ["/v1/lookups"]


@pytest.mark.parametrize(
    "name", [".env", ".netrc", "signing-key.pem", ".known-to.toml", ".config/known-to/known-to.toml"]
)
def test_nothing_else_in_the_working_folder_is_read_either(
    service: Service, known_to: KnownTo, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("KNOWN_TO_BASE_URL=https://elsewhere.test\nmachine 127.0.0.1 login a password b\n")
    assert known_to(*ASK, stdin=service.stage.new_child()).code == 0


def test_a_planted_file_that_is_named_by_mistake_cannot_use_our_key(
    service: Service, known_to: KnownTo, tmp_path: Path
) -> None:
    plant(tmp_path, tmp_path / "home")
    planted = tmp_path / "share"
    planted.mkdir(mode=0o700)
    (tmp_path / "known-to.toml").rename(planted / "known-to.toml")
    ended = known_to("--config", "share/known-to.toml", *ASK, stdin=service.stage.new_child())
    assert (ended.code, tidy(ended)) == (3, "")
    assert "The key must be kept with the settings that use it" in " ".join(ended.err.split())
    (planted / "link.pem").symlink_to(tmp_path / "home" / "signing-key.pem")
    text = (planted / "known-to.toml").read_text().replace(str(tmp_path / "home" / "signing-key.pem"), "link.pem")
    (planted / "known-to.toml").write_text(text)
    assert known_to("--config", "share/known-to.toml", *ASK, stdin=service.stage.new_child()).code == 3


def test_without_settings_the_message_names_the_file_that_was_not_read(known_to: KnownTo, tmp_path: Path) -> None:
    (tmp_path / "home" / "known-to.toml").rename(tmp_path / "known-to.toml")
    ended = known_to("confirm", "r-1")
    assert (ended.code, tidy(ended)) == (3, "")
    assert "is read only if you name it: known-to --config known-to.toml." in " ".join(ended.err.split())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KNOWN_TO_BASE_URL", ELSEWHERE),
        ("KNOWN_TO_AUDIENCE", "another"),
        ("KNOWN_TO_KEY_FILE", "other.pem"),
        ("KNOWN_TO_AUTHORITY", "E2"),
        ("KNOWN_TO_KID", "another"),
        ("KNOWN_TO_PROXY", "http://proxy.example:3128"),
        ("KNOWN_TO_CA_BUNDLE", "ca.pem"),
        ("KNOWN_TO_HISTORY_KEY", "0" * 64),
        ("KNOWN_TO_CLIENT_CERTIFICATE", "c.pem"),
    ],
)
def test_one_variable_does_not_redirect_the_settings_of_a_file(config: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is set, so .* come from variables, and no file is read"):
        from_file_and_environment({"KNOWN_TO_HOME": str(config.parent), name: value})
    with pytest.raises(SettingsError, match=f"is named, but {name} is set too"):
        from_file_and_environment({name: value}, config)


def test_variables_do_not_take_a_part_from_a_file(config: Path) -> None:
    some = variables(config, KNOWN_TO_HOME=str(config.parent))
    del some["KNOWN_TO_KEY_FILE"]
    with pytest.raises(SettingsError, match="Not set: KNOWN_TO_KEY_FILE"):
        from_file_and_environment(some)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o602])
def test_a_key_that_others_can_read_is_refused_with_the_command_that_mends_it(
    service: Service, known_to: KnownTo, tmp_path: Path, mode: int
) -> None:
    key = tmp_path / "home" / "signing-key.pem"
    key.chmod(mode)
    ended = known_to(*ASK, stdin=service.stage.new_child())
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("COULD NOT CHECK")
    *_, said, command = ended.err.splitlines()
    assert said.endswith("Run this, and try again:")
    subprocess.run(shlex.split(command), check=True)
    assert known_to(*ASK, stdin=service.stage.new_child()).code == 0


def test_the_command_can_be_copied_however_long_and_strange_the_path_is(config: Path) -> None:
    folder = config.parent / ("it's a - long & strange name " * 5)
    folder.mkdir(mode=0o700)
    key = folder / "key.pem"
    key.write_text(PEM)
    key.chmod(0o644)
    with pytest.raises(UnsafeFile) as raised:
        read_secret(key, 9999)
    assert shlex.split(raised.value.remedy) == ["chmod", "600", str(key)]


def test_settings_and_folders_that_others_can_change_are_refused(config: Path) -> None:
    for path, mode in ((config, 0o664), (config, 0o646), (config.parent, 0o777), (config.parent / "keys", 0o770)):
        before = path.stat().st_mode
        path.chmod(mode)
        with pytest.raises(UnsafeFile) as raised:
            from_file_and_environment({}, config)
        assert raised.value.remedy == f"chmod go-w {path}"
        path.chmod(before)
    config.chmod(0o644)
    assert from_file_and_environment({}, config).kid == "E1-1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(config, 12345, 12345)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(UnsafeFile, match="belongs to another user"):
        from_file_and_environment({}, config)


def test_a_file_with_the_password_of_a_proxy_is_a_secret(config: Path) -> None:
    config.write_text(FILE + 'proxy = "http://me:word@proxy.example:3128"')
    config.chmod(0o644)
    with pytest.raises(UnsafeFile, match="can read"):
        from_file_and_environment({}, config)
    config.chmod(0o600)
    assert "word" not in repr(from_file_and_environment({}, config))


def test_files_that_are_no_files_or_too_large_are_refused_and_never_hang(config: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "large").write_bytes(b"x" * 2_000_000)
    (tmp_path / "large").chmod(0o600)
    for path in (tmp_path / "pipe", tmp_path / "large", tmp_path / "keys", Path("/dev/zero")):
        with pytest.raises((FileError, SettingsError)):
            from_file_and_environment(variables(config, KNOWN_TO_KEY_FILE=str(path)))
        with pytest.raises((FileError, SettingsError)):
            read_witness(path)
        with pytest.raises((FileError, SettingsError)):
            digest_with(path, "somewhere")
        with pytest.raises(SettingsError):
            from_file_and_environment({}, path)


def test_witness_and_digest_key_that_others_can_change_are_refused(tmp_path: Path) -> None:
    digest_with(tmp_path / "digest.key", "a")
    (tmp_path / "witness.json").write_text("{}")
    for name in ("digest.key", "witness.json"):
        (tmp_path / name).chmod(0o666)
    with pytest.raises(UnsafeFile, match="chmod 600"):
        digest_with(tmp_path / "digest.key", "a")
    with pytest.raises(UnsafeFile, match="chmod 600"):
        read_witness(tmp_path / "witness.json")


def test_only_we_can_read_the_state_of_a_load(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    before = os.umask(0)
    try:
        StateFile(tmp_path / "feed.state", datetime.now(UTC))._close()
    finally:
        os.umask(before)
    assert (tmp_path / "feed.state").stat().st_mode & 0o777 == 0o600


def test_a_planted_file_of_the_local_stage_names_no_other_machine(tmp_path: Path) -> None:
    key = {"name": "Haringey", "kid": "k", "alg": "ES256", "private_key_pem": PEM}
    demo = {"base_url": ELSEWHERE, "audience": "a", "authorities": {"E09000014": key}}
    (tmp_path / ".local").mkdir()
    write_private(tmp_path / ".local" / "demo.json", json.dumps(demo))
    with pytest.raises(SettingsError, match="not of this machine"):
        from_demo(tmp_path)
    (tmp_path / ".local" / "demo.json").chmod(0o666)
    with pytest.raises(UnsafeFile):
        from_demo(tmp_path)


def test_a_relative_xdg_folder_does_not_lead_into_the_working_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert find_settings_folder({"XDG_CONFIG_HOME": "."}) == Path.home() / ".config" / "known-to"
    assert find_settings_folder({"XDG_CONFIG_HOME": "/x"}) == Path("/x/known-to")
    assert find_settings_folder({"KNOWN_TO_HOME": "/y"}) == Path("/y")
