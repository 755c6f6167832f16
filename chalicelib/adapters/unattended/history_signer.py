"""Signs checkpoints with the KMS key of the history, which signs nothing else. Anybody can verify them without AWS."""

import hashlib
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ...application.unattended.ports import PublicKey
from ..aws_errors import aws_errors

ALGORITHM = "ECDSA_SHA_256"


class KmsHistorySigner:
    """Reads the public key once: keep the signer for as long as the process lives."""

    def __init__(self, kms: Any, key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id
        self._key: PublicKey | None = None

    def key(self) -> PublicKey:
        if self._key is None:
            with aws_errors("KMS"):
                der = bytes(self._kms.get_public_key(KeyId=self._key_id)["PublicKey"])
            self._key = PublicKey(hashlib.sha256(der).hexdigest(), der)
        return self._key

    def sign(self, text: str) -> bytes:
        digest = hashlib.sha256(text.encode()).digest()
        with aws_errors("KMS"):
            reply = self._kms.sign(KeyId=self._key_id, Message=digest, MessageType="DIGEST", SigningAlgorithm=ALGORITHM)
        return bytes(reply["Signature"])

    def verifies(self, text: str, signature: bytes) -> bool:
        public_key = load_der_public_key(self.key().der)
        assert isinstance(public_key, EllipticCurvePublicKey)
        try:
            public_key.verify(signature, text.encode(), ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True
