"""Settings come from a file or the environment. A message shows what is missing or wrong, and how to correct it."""

import json
from pathlib import Path

import pytest

from client.tests.service import write_private
from infra.local.authorities import make_signing_key
from known_to.demo import from_demo
from known_to.errors import SettingsError
from known_to.settings import Settings
from known_to.settings_sources import from_file_and_environment

PEM = make_signing_key("E1", "ES256").private_key_pem
FILE = """
base_url = "https://known-to.example"
audience = "https://known-to.example"
authority = "E1"
kid = "E1-1"
key_file = "keys/signing.pem"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir(mode=0o700)
    write_private(tmp_path / "keys" / "signing.pem", PEM)
    config = tmp_path / "known-to.toml"
    write_private(config, FILE)
    return config


def variables(config: Path, **changes: str) -> dict[str, str]:
    """All that an authority sets if it has no file."""
    values = {
        "KNOWN_TO_BASE_URL": "https://known-to.example",
        "KNOWN_TO_AUDIENCE": "a",
        "KNOWN_TO_AUTHORITY": "E1",
        "KNOWN_TO_KID": "E1-1",
        "KNOWN_TO_KEY_FILE": str(config.parent / "keys" / "signing.pem"),
        "KNOWN_TO_HOME": str(config.parent / "no-folder"),
    }
    return {**values, **changes}


def test_a_settings_file_is_read_and_the_key_beside_it(config: Path) -> None:
    settings = from_file_and_environment({}, config)
    assert (settings.base_url, settings.authority, settings.kid) == ("https://known-to.example", "E1", "E1-1")
    assert settings.private_key_pem == PEM
    assert settings.system_caller().id == "system:feed"


def test_a_variable_overrides_who_calls(config: Path) -> None:
    settings = from_file_and_environment({"KNOWN_TO_PRACTITIONER": "sw-2", "KNOWN_TO_FEED": "nightly"}, config)
    assert (settings.kid, settings.practitioner, settings.system_caller().id) == ("E1-1", "sw-2", "system:nightly")


def test_the_environment_alone_is_enough(config: Path) -> None:
    assert from_file_and_environment(variables(config)).kid == "E1-1"


def test_the_file_in_the_settings_folder_is_used_unless_another_is_named(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    write_private(other, FILE.replace("E1-1", "E1-2"))
    home = {"KNOWN_TO_HOME": str(tmp_path)}
    assert from_file_and_environment(home).kid == "E1-1"
    assert from_file_and_environment({**home, "KNOWN_TO_CONFIG": str(other)}).kid == "E1-2"
    assert from_file_and_environment({**home, "KNOWN_TO_CONFIG": "nowhere"}, other).kid == "E1-2"
    for named in (None, tmp_path / "none.toml"):
        with pytest.raises(SettingsError, match=r"There is no file .*none\.toml"):
            from_file_and_environment({**home, "KNOWN_TO_CONFIG": str(tmp_path / "none.toml")}, named)


def test_missing_settings_are_listed_with_their_variables_and_demo_is_suggested() -> None:
    with pytest.raises(SettingsError, match=r"base_url, audience, .*KNOWN_TO_KEY_FILE.* known-to --demo"):
        from_file_and_environment({"KNOWN_TO_HOME": "/nowhere"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("base_url =", "cannot be read: Invalid value"),
        ('key_file = "C:\\keys"', "cannot be read: .*line 1"),
        (FILE + "retries = 5", "not known: retries"),
        (FILE.replace('"E1"', "1"), "must be text"),
        (FILE.replace("https://known-to.example", "http://known-to.example", 1), "must begin with https://"),
        (FILE.replace("https://known-to.example", "known-to.example", 1), "must begin with https://"),
        (FILE.replace("https://known-to.example", "https://x/?a=b", 1), "an address and nothing else"),
        (FILE.replace("https://known-to.example", "https://me:word@x", 1), "an address and nothing else"),
        (FILE.replace("https://known-to.example", "http://127.0.0.1:notaport", 1), "is not an address"),
        (FILE.replace("https://known-to.example", "https://[bad", 1), "is not an address"),
        (FILE.replace("keys/signing.pem", "no.pem"), "No such file"),
        (FILE.replace("kid", "# kid"), "known-to.toml does not have: kid"),
        (FILE + 'proxy = "proxy.example"', "proxy must be an address"),
        (FILE + 'proxy = "http://proxy.example"', "proxy must be an address"),
        (FILE + 'proxy = "socks5://proxy.example:1"', "proxy must be an address"),
        (FILE + 'proxy = "http://[bad:1"', "proxy must be an address"),
        (
            FILE.replace("https://known-to.example", "http://localhost", 1) + 'proxy = "http://p:1"',
            "would read every call",
        ),
        (FILE + 'client_key = "k.pem"', "client_certificate and client_key belong together"),
    ],
)
def test_a_wrong_setting_is_reported(config: Path, text: str, message: str) -> None:
    write_private(config, text)
    with pytest.raises(SettingsError, match=message):
        from_file_and_environment({}, config)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_an_address_of_this_machine_needs_no_https(host: str) -> None:
    Settings(base_url=f"http://{host}", audience="a", authority="E1", kid="k", private_key_pem=PEM)


def test_the_local_stage_needs_no_settings_even_in_a_subfolder(tmp_path: Path) -> None:
    key = {"name": "Haringey", "kid": "k", "alg": "ES256", "private_key_pem": PEM}
    demo = {"base_url": "http://127.0.0.1:8000", "audience": "a", "authorities": {"E09000014": key}}
    (tmp_path / ".local").mkdir()
    write_private(tmp_path / ".local" / "demo.json", json.dumps(demo))
    below = tmp_path / "below"
    below.mkdir()
    settings = from_demo(below)
    assert (settings.authority, settings.kid, settings.practitioner) == ("E09000014", "k", "sw-1")
    with pytest.raises(SettingsError, match="E09000014 Haringey"):
        from_demo(below, "E1")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"authorities": []}', '{"authorities": {"E1": {}}}', "\xff", "[" * 9999]
)
def test_a_damaged_file_of_the_local_stage_shows_how_to_restart_it(tmp_path: Path, text: str) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "demo.json").write_text(text, encoding="latin-1")
    (tmp_path / ".local" / "demo.json").chmod(0o600)
    with pytest.raises(SettingsError, match=r"demo.json is damaged.*make run"):
        from_demo(tmp_path, "E1")


def test_without_a_local_stage_the_message_shows_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="make run"):
        from_demo(tmp_path)


def test_a_settings_file_in_another_encoding_shows_how_to_save_it(config: Path) -> None:
    config.write_text(FILE, encoding="utf-16")
    with pytest.raises(SettingsError, match=r"it is not UTF-8 text\. Save it as UTF-8\. In Notepad"):
        from_file_and_environment({}, config)


def test_a_path_that_the_system_refuses_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: File name too long"):
        from_file_and_environment({}, tmp_path / ("x" * 300))
