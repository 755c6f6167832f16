"""Servers on 127.0.0.1 that behave well or badly, with real TLS, and a small proxy."""

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import socket
from socketserver import StreamRequestHandler, ThreadingTCPServer

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from client.tests.fake_service import RECEIPT

LOOPBACK = "127.0.0.1"
Answer = Callable[[socket], None]
"""Answers one connection, after its request has been read."""


def http(body: bytes, status: str = "200 OK", kind: str = "application/json", headers: str = "") -> bytes:
    lines = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}"
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


WELL = http(json.dumps(RECEIPT).encode())


def well(connection: socket) -> None:
    connection.sendall(WELL)


@dataclass
class Server:
    """`requests`: the head of every request, as it came."""

    port: int
    requests: list[bytes] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def tls_address(self) -> str:
        return f"https://{LOOPBACK}:{self.port}"


@contextmanager
def serving(answer: Answer = well, tls: ssl.SSLContext | None = None, *, reads: bool = True) -> Iterator[Server]:
    """`reads`: read the request first. Otherwise `answer` gets the bare connection."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            connection: socket = self.request
            with suppress(OSError):
                if tls is not None:
                    connection = tls.wrap_socket(connection, server_side=True)
                with connection:
                    if reads:
                        server.requests.append(head_of(connection))
                    answer(connection)

    class Threads(ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Threads((LOOPBACK, 0), Handler) as tcp:
        server = Server(tcp.server_address[1])
        thread = threading.Thread(target=tcp.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            tcp.shutdown()
            thread.join()


def head_of(connection: socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received and (piece := connection.recv(65536)):
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    while length is not None and len(body) < int(length[1]) and (piece := connection.recv(65536)):
        body += piece
    return head


def proxying(seen: list[bytes], password: bytes | None = None) -> Answer:
    """A proxy that takes CONNECT, and notes in `seen` what it can read.

    Refuses who does not send `password`, which is base64 of name:password.
    """

    def answer(connection: socket) -> None:
        head = head_of(connection)
        seen.append(head)
        if password is not None and password not in head:
            connection.sendall(http(b"", "407 Proxy Authentication Required"))
            return
        host, _, port = head.split()[1].decode().partition(":")
        with socket() as onward:
            onward.connect((host, int(port)))
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pass_on, args=(onward, connection, []), daemon=True)
            back.start()
            _pass_on(connection, onward, seen)
            back.join(5)

    return answer


def _pass_on(source: socket, target: socket, seen: list[bytes]) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            seen.append(piece)
            target.sendall(piece)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a test, with its files in `folder`."""

    folder: Path
    name: str
    key: EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, folder: Path, name: str = "ca") -> "Authority":
        key = generate_private_key(SECP256R1())
        made = cls(folder, name, key, _certificate(name, name, key, key, is_authority=True))
        _write(made.bundle, made.certificate.public_bytes(Encoding.PEM))
        return made

    @property
    def bundle(self) -> Path:
        return self.folder / f"{self.name}.pem"

    def issue(self, name: str, host: str = LOOPBACK, password: bytes | None = None) -> tuple[Path, Path]:
        """Returns the files of the certificate and of its key."""
        key = generate_private_key(SECP256R1())
        certificate = _certificate(name, self.name, key, self.key, is_authority=False, host=host)
        files = self.folder / f"{name}-certificate.pem", self.folder / f"{name}-key.pem"
        _write(files[0], certificate.public_bytes(Encoding.PEM))
        protection = NoEncryption() if password is None else BestAvailableEncryption(password)
        _write(files[1], key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection))
        return files

    def server_context(self, host: str = LOOPBACK, clients: "Authority | None" = None) -> ssl.SSLContext:
        """`clients`: who must have issued the certificate of a client."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(f"server-{host.replace('.', '-')}", host))
        if clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(clients.bundle)
        return context


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


def _certificate(
    name: str,
    issuer: str,
    key: EllipticCurvePrivateKey,
    issuers_key: EllipticCurvePrivateKey,
    *,
    is_authority: bool,
    host: str = LOOPBACK,
) -> x509.Certificate:
    now = datetime.now(UTC)
    hosts = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([hosts]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuers_key.public_key()), critical=False)
    )
    if is_authority:
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
        )
        signs = x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False)
        builder = builder.add_extension(signs, critical=True)
    return builder.sign(issuers_key, SHA256())
