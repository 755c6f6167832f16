"""Proxy, CA bundle and client certificate are settings. Each is tried against a real TLS server on this machine."""

import base64
import os
from pathlib import Path

import pytest

from client.tests.command_line import ASK, KnownTo, tidy
from client.tests.service import Service
from client.tests.test_network import QUICK, client_of
from client.tests.tls_servers import Authority, Server, proxying, serving
from known_to import RetryPolicy
from known_to.errors import SettingsError, Unreachable, UnsafeFile

PATIENT = RetryPolicy(attempts=1)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.make(tmp_path)


def confirmed(server: Server, **settings: object) -> bool:
    texts = {name: str(value) for name, value in settings.items()}
    with client_of(server.tls_address, PATIENT, **texts) as client:
        return client.confirm("r-1").reference == "r-1"


def test_the_certificates_of_the_bundle_are_trusted_and_no_others(authority: Authority, tmp_path: Path) -> None:
    with serving(tls=authority.server_context()) as server:
        assert confirmed(server, ca_bundle=authority.bundle)
        for untrusted in ({}, {"ca_bundle": Authority.make(tmp_path, "other").bundle}):
            with pytest.raises(
                Unreachable, match=r"its certificate is not trusted\).* name its certificates in ca_bundle"
            ):
                confirmed(server, **untrusted)
        assert len(server.requests) == 1


def test_a_certificate_for_another_host_is_not_trusted(authority: Authority) -> None:
    with serving(tls=authority.server_context("known-to.test")) as server:
        with pytest.raises(Unreachable, match="its certificate is not trusted"):
            confirmed(server, ca_bundle=authority.bundle)
        assert server.requests == []


def test_no_variable_makes_a_certificate_trusted_or_keeps_the_keys_of_a_connection(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(authority.bundle))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    with serving(tls=authority.server_context()) as server:
        with pytest.raises(Unreachable, match="its certificate is not trusted"):
            confirmed(server)
        assert confirmed(server, ca_bundle=authority.bundle)
    log = tmp_path / "keys.log"
    assert "TRAFFIC" not in (log.read_text() if log.exists() else "")


def test_mutual_tls_shows_the_client_certificate(authority: Authority, tmp_path: Path) -> None:
    certificate, key = authority.issue("client")
    both = tmp_path / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    both.chmod(0o600)
    stranger, strangers_key = Authority.make(tmp_path, "other").issue("stranger")
    with serving(tls=authority.server_context(clients=authority)) as server:
        named = {"ca_bundle": authority.bundle}
        assert confirmed(server, **named, client_certificate=certificate, client_key=key)
        assert confirmed(server, **named, client_certificate=both, client_key=both)
        for refused in ({}, {"client_certificate": stranger, "client_key": strangers_key}):
            with pytest.raises(Unreachable):
                confirmed(server, **named, **refused)
        assert len(server.requests) == 2


def test_a_client_certificate_that_cannot_be_used_is_a_settings_error_and_asks_nothing(
    authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.issue("client")
    _, protected = authority.issue("protected", password=b"word")
    _, others = authority.issue("others")
    with serving(tls=authority.server_context()) as server:
        for wrong in (protected, others, tmp_path / "none.pem", authority.bundle):
            with pytest.raises(SettingsError, match="The client certificate cannot be used"):
                confirmed(server, client_certificate=certificate, client_key=wrong)
        key.chmod(0o640)
        with pytest.raises(UnsafeFile, match="chmod 600"):
            confirmed(server, client_certificate=certificate, client_key=key)
        for bundle in (key, tmp_path, tmp_path / "none.pem"):
            key.chmod(0o600)
            with pytest.raises(SettingsError, match="ca_bundle cannot be used"):
                confirmed(server, ca_bundle=bundle)
        authority.bundle.chmod(0o666)
        with pytest.raises(UnsafeFile, match="chmod go-w"):
            confirmed(server, ca_bundle=authority.bundle)


def test_a_named_proxy_carries_calls_that_it_cannot_read(authority: Authority) -> None:
    seen: list[bytes] = []
    with serving(tls=authority.server_context()) as server, serving(proxying(seen), reads=False) as proxy:
        assert confirmed(server, ca_bundle=authority.bundle, proxy=proxy.address)
        assert len(server.requests) == 1
    assert seen[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1".encode())
    assert b"Bearer" not in b"".join(seen)
    assert b"Proxy-Authorization" not in seen[0]


def test_a_proxy_gets_its_password_and_the_service_does_not(authority: Authority) -> None:
    seen: list[bytes] = []
    expected = base64.b64encode(b"me:wo rd")
    with serving(tls=authority.server_context()) as server, serving(proxying(seen, expected), reads=False) as proxy:
        address = proxy.address.replace("http://", "http://me:wo%20rd@")
        assert confirmed(server, ca_bundle=authority.bundle, proxy=address)
        assert expected not in server.requests[0]
        with pytest.raises(Unreachable, match=r"\(the proxy refused\).*Check proxy in your settings") as raised:
            confirmed(server, ca_bundle=authority.bundle, proxy=proxy.address)
        assert "rd@" not in str(raised.value)
        assert len(server.requests) == 1


def test_a_proxy_that_opens_tls_is_not_trusted_without_its_certificates(authority: Authority, tmp_path: Path) -> None:
    thief = Authority.make(tmp_path, "thief")
    with serving(tls=authority.server_context()), serving(tls=thief.server_context()) as opener:
        seen: list[bytes] = []
        with (
            serving(proxying(seen), reads=False) as proxy,
            pytest.raises(Unreachable, match="its certificate is not trusted"),
        ):
            confirmed(opener, ca_bundle=authority.bundle, proxy=proxy.address)
        assert opener.requests == []


def test_a_proxy_that_is_away_is_unreachable(authority: Authority) -> None:
    with serving(tls=authority.server_context()) as server:
        with client_of(server.tls_address, QUICK, proxy="http://127.0.0.1:9") as client, pytest.raises(Unreachable):
            client.confirm("r-1")
        assert server.requests == []


def test_the_settings_of_a_file_reach_the_connection(
    service: Service, known_to: KnownTo, authority: Authority, tmp_path: Path
) -> None:
    seen: list[bytes] = []
    certificate, key = authority.issue("client")
    with (
        serving(tls=authority.server_context(clients=authority)) as server,
        serving(proxying(seen), reads=False) as proxy,
    ):
        named = {"ca_bundle": f"../{authority.bundle.name}", "client_certificate": str(certificate)}
        service.configure(
            tmp_path,
            base_url=server.tls_address,
            proxy=proxy.address,
            client_key=os.path.relpath(key, tmp_path / "home"),
            **named,
        )
        assert known_to("confirm", "r-1").code == 0
        ended = known_to(*ASK, stdin="9990000018")
    assert (len(server.requests), len([one for one in seen if one.startswith(b"CONNECT")])) == (2, 2)
    # The server answers everything with a receipt, which is no answer to a lookup.
    assert (ended.code, tidy(ended)) == (4, "")
    assert ended.err.startswith("COULD NOT CHECK")
