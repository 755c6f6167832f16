"""The registry, held whole in memory. Administrators edit it by hand, so it is read with suspicion: an item that makes
no sense affects only its own authority."""

from collections.abc import Mapping
from concurrent.futures import Executor, wait
from datetime import datetime, timedelta
from threading import Lock
from types import MappingProxyType
from typing import Any

import msgspec

from ...application.ports import Clock, RegistryView
from ...application.store_errors import Unreadable
from ...domain.authority import Authority, removed
from ...domain.coverage import coverage_of
from ...domain.errors import Unavailable
from ...domain.values import Struct
from ..decoding import AuthorityCode
from ..sealing.audit_keys import AUDIT_KEY
from ..sealing.grant_stamps import GrantStamps
from ..sealing.keyring import SALT, SERVICE_KEY, KeyMaterial
from ..telemetry import meter
from . import attributes
from .registry_items import counting_grants, read_authority
from .schema import KeyItem, RegistryItem, UsageItem
from .tables import Item, Tables
from .usage import HEARTBEAT

REFRESH_AFTER = timedelta(seconds=30)
NEVER_OLDER_THAN = timedelta(seconds=60)
CLOCKS_DIFFER = timedelta(hours=1)

_KEY_VERSIONS = frozenset(str(version) for version in range(1, 256))  # sealed data has one byte for it


class Snapshot(Struct, frozen=True):
    view: RegistryView
    jwks: Mapping[str, str]
    keys: KeyMaterial
    taken_at: datetime


class RegistryCache:
    """Serves a snapshot that is at most 60 s old. A snapshot of 30 s or more is refreshed beside other work."""

    def __init__(self, tables: Tables, clock: Clock, beside: Executor, stamps: GrantStamps) -> None:
        self._tables = tables
        self._stamps = stamps
        self._clock = clock
        self._beside = beside
        self._snapshot: Snapshot | None = None
        self._audit: Mapping[int, bytes] = {}
        self._loading = Lock()

    def view(self) -> RegistryView:
        return self._fresh().view

    def jwks(self, authority_code: str) -> str | None:
        """The authority's JWK set as two people granted it. Raises Unavailable."""
        return self._fresh().jwks.get(authority_code)

    def key_material(self) -> KeyMaterial:
        """Raises Unavailable."""
        return self._fresh().keys

    def wrapped_audit_key(self, version: int) -> bytes | None:
        """As it was last read together with the registry, without a call. None if it was not read yet."""
        return self._audit.get(version)

    def refresh_is_due(self) -> bool:
        return self._age() >= REFRESH_AFTER

    def refresh_if_due(self) -> None:
        if not self.refresh_is_due() or not self._loading.acquire(blocking=False):
            return
        try:
            self._load()
        except Unavailable:
            meter("RegistryRefreshFailures")
        finally:
            self._loading.release()

    def forget(self) -> None:
        """The next call reads the tables again."""
        self._snapshot = None

    def _fresh(self) -> Snapshot:
        if self._snapshot is None or self._age() >= NEVER_OLDER_THAN:
            with self._loading:
                if self._age() >= NEVER_OLDER_THAN:
                    self._load()
        assert self._snapshot is not None
        return self._snapshot

    def _age(self) -> timedelta:
        """If the clock was set back, the snapshot counts as too old, never as fresh."""
        if self._snapshot is None:
            return timedelta.max
        age = self._clock() - self._snapshot.taken_at
        return age if age >= timedelta(0) else timedelta.max

    def _load(self) -> None:
        """Makes the three reads side by side, so that they take one network step."""
        taken_at = self._clock()
        keys = self._beside.submit(self._tables.scan, KeyItem)
        beats = self._beside.submit(self._tables.query, UsageItem, HEARTBEAT)
        try:
            registry = self._tables.scan(RegistryItem)
        finally:
            wait((keys, beats))
        secrets = dict(_readable(_secret, keys.result()))
        # Needed at once, to verify what is granted.
        self._audit = _by_version(secrets, AUDIT_KEY)
        self._snapshot = _snapshot(registry, secrets, beats.result(), taken_at, self._stamps)


def _snapshot(
    registry: list[Item], secrets: Mapping[str, bytes], beats: list[Item], taken_at: datetime, stamps: GrantStamps
) -> Snapshot:
    """Raises Unavailable."""
    last_writes = dict(_readable(lambda beat: _heartbeat(beat, taken_at), beats))
    authorities: dict[str, Authority] = {}
    jwks: dict[str, str] = {}
    for item in registry:
        try:
            code = msgspec.convert(attributes.text(item, "authority"), AuthorityCode)
        except (Unreadable, msgspec.ValidationError):
            meter("RegistryFaults")
            continue
        grants = counting_grants(code, item, stamps)
        authorities[code] = read_authority(code, item, grants, last_writes.get(code))
        if grants is not None:
            jwks[code] = grants.jwks
    return Snapshot(
        view=RegistryView(
            MappingProxyType(authorities), removed(authorities), coverage_of(authorities.values(), taken_at)
        ),
        jwks=MappingProxyType(jwks),
        keys=KeyMaterial(
            wrapped=_by_version(secrets, SERVICE_KEY),
            salts={name.removeprefix(SALT): secret for name, secret in secrets.items() if name.startswith(SALT)},
        ),
        taken_at=taken_at,
    )


def _by_version(secrets: Mapping[str, bytes], prefix: str) -> dict[int, bytes]:
    return {
        int(version): secret
        for name, secret in secrets.items()
        if name.startswith(prefix) and (version := name.removeprefix(prefix)) in _KEY_VERSIONS
    }


def _readable(read: Any, rows: list[Item]) -> Any:
    for row in rows:
        try:
            yield read(row)
        except Unreadable:
            meter("RegistryFaults")


def _heartbeat(item: Item, taken_at: datetime) -> tuple[str, datetime]:
    """A heartbeat dated in the future was entered by hand. Trusting it would keep the authority from ever counting as
    silent."""
    code, last_write_at = attributes.text(item, "sk"), attributes.epoch(item, "last_write_at")
    if last_write_at > taken_at + CLOCKS_DIFFER:
        raise Unreadable
    return code, last_write_at


def _secret(item: Item) -> tuple[str, bytes]:
    return attributes.text(item, "key"), attributes.blob(item, "secret")
