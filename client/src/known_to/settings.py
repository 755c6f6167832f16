"""The address of the service, how to reach it and how to sign in. `settings_sources` reads them."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from .errors import SettingsError
from .signing import Caller, Signer

NOT_AN_ADDRESS = "base_url is not an address. Write it like https://known-to.example."
NOT_A_PROXY = "proxy must be an address such as http://proxy.example:3128."
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`practitioner` and `role`: the caller, unless a call names another. `feed`: the name after `system:`.

    `history_key`: the id of the only key that may sign the history. `proxy`: the only proxy that is used.
    `ca_bundle`: a PEM file with the only certificates that are trusted. `client_certificate` and `client_key`: PEM
    files for mutual TLS.
    """

    base_url: str
    audience: str
    authority: str
    kid: str
    private_key_pem: str = field(repr=False)
    practitioner: str | None = None
    role: str = "Practitioner"
    feed: str = "feed"
    history_key: str | None = None
    proxy: str | None = field(default=None, repr=False)  # it may contain a password
    ca_bundle: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None

    def __post_init__(self) -> None:
        address = _parts(self.base_url, NOT_AN_ADDRESS)
        if address.scheme != "https" and not (address.scheme == "http" and self.is_this_machine):
            raise SettingsError("base_url must begin with https://. Only an address of this machine may use http://.")
        if address.query or address.fragment or address.username or not address.hostname:
            raise SettingsError("base_url must be an address and nothing else, such as https://known-to.example.")
        self._check_proxy(address)
        if (self.client_certificate is None) != (self.client_key is None):
            raise SettingsError(
                "client_certificate and client_key belong together. If one file has both, name it twice."
            )

    def _check_proxy(self, address: SplitResult) -> None:
        if self.proxy is None:
            return
        proxy = _parts(self.proxy, NOT_A_PROXY)
        if proxy.scheme != "http" or not proxy.hostname or not proxy.port or proxy.path.strip("/"):
            raise SettingsError(NOT_A_PROXY)
        if address.scheme != "https":
            raise SettingsError("A proxy would read every call to an http:// address. Leave proxy out.")

    @property
    def is_this_machine(self) -> bool:
        return _parts(self.base_url, NOT_AN_ADDRESS).hostname in _LOOPBACK

    def signer(self) -> Signer:
        return Signer(self.authority, self.audience, self.kid, self.private_key_pem)

    def system_caller(self) -> Caller:
        """The authority's own system, which sends the feed and reads the notices."""
        return Caller(f"system:{self.feed}", "Feed")


def _parts(text: str, message: str) -> SplitResult:
    try:
        address = urlsplit(text)
        address.port  # noqa: B018 - urlsplit checks the port only when it is read
    except ValueError:
        raise SettingsError(message) from None
    return address
