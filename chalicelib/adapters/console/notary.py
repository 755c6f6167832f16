"""Signs statements with an asymmetric KMS key. Anybody can verify them with its public half, without AWS."""

import hashlib
from base64 import b64encode
from typing import Any

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from ...domain.switch_off import SignedStatement, Statement
from ..aws_errors import aws_errors

ALGORITHM = "ECDSA_SHA_256"


class KmsNotary:
    def __init__(self, kms: Any, key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id

    def sign(self, statement: Statement) -> SignedStatement:
        text = _text(statement)
        digest = hashlib.sha256(text.encode()).digest()
        with aws_errors("KMS"):
            signature = self._kms.sign(
                KeyId=self._key_id, Message=digest, MessageType="DIGEST", SigningAlgorithm=ALGORITHM
            )["Signature"]
            public_key = self._kms.get_public_key(KeyId=self._key_id)["PublicKey"]
        pem = load_der_public_key(public_key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return SignedStatement(
            statement=statement,
            text=text,
            algorithm=ALGORITHM,
            signature=b64encode(signature).decode(),
            public_key=pem.decode(),
            fingerprint=digest.hex(),
        )


def _text(statement: Statement) -> str:
    content = {
        "service": "Known To",
        "stage": statement.stage,
        "at": statement.at,
        "requested_by": statement.operator.requested_by,
        "reason": statement.operator.reason,
        "statement": [*statement.sentences()],
        "keys": statement.keys,
        "last_backup_until": statement.last_backup_until,
        "final_on": statement.final_on,
    }
    return msgspec.json.encode(content).decode()
