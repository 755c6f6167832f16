"""TLS as the settings say, and as nothing else on this machine says."""

import ssl
from pathlib import Path

import httpx

from .errors import FileError, SettingsError
from .guarded_files import read_secret, read_unaltered
from .settings import Settings

_LARGEST_BUNDLE = 8 * 1024 * 1024
_LARGEST_KEY = 256 * 1024


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """None for an http:// address. Raises SettingsError."""
    if settings.base_url.startswith("http://"):
        return None
    context = httpx.create_ssl_context(trust_env=False) if settings.ca_bundle is None else _trusting(settings.ca_bundle)
    # Python takes it from SSLKEYLOGFILE. Whoever reads that file could read what we send.
    context.keylog_filename = None  # type: ignore[assignment]
    if settings.client_certificate is not None and settings.client_key is not None:
        _add_client_certificate(context, settings.client_certificate, settings.client_key)
    return context


def _trusting(bundle: str) -> ssl.SSLContext:
    """Trusts the certificates of the bundle only."""
    try:
        pem = read_unaltered(Path(bundle), _LARGEST_BUNDLE).decode("ascii", "ignore")  # comments have any letters
        return ssl.create_default_context(cadata=pem)
    except FileError as error:
        raise SettingsError(f"ca_bundle cannot be used: {error}") from None
    except (ssl.SSLError, ValueError):
        raise SettingsError(f"ca_bundle cannot be used: {bundle} has no certificates in PEM format.") from None


def _add_client_certificate(context: ssl.SSLContext, certificate: str, key: str) -> None:
    try:
        read_unaltered(Path(certificate), _LARGEST_KEY)
        read_secret(Path(key), _LARGEST_KEY)
        # Without a function, OpenSSL would ask for a passphrase on the terminal, and hang a nightly feed.
        context.load_cert_chain(certificate, key, password=lambda: "")
    except FileError as error:
        raise SettingsError(f"The client certificate cannot be used: {error}") from None
    except (ssl.SSLError, OSError, ValueError):
        raise SettingsError(
            "The client certificate cannot be used: client_certificate and client_key must be PEM files that belong "
            "together, and the key may have no passphrase."
        ) from None
