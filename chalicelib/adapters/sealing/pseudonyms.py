"""Makes a child's key from the NHS number, with an HMAC key that never leaves KMS.

There are only about 10⁹ NHS numbers. A plain hash could be reversed in minutes, and so could an HMAC with a stolen key.
"""

from base64 import urlsafe_b64encode
from typing import Any

from ...domain.child import ChildKey, NhsNumber
from ..aws_errors import aws_errors
from ..row_keys import CHILD

MAC_KEY_VERSION = 1


class KmsPseudonyms:
    def __init__(self, kms: Any, key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id

    def child_key(self, nhs_number: NhsNumber) -> ChildKey:
        message = f"knownto|child|v{MAC_KEY_VERSION}|{nhs_number.digits}".encode()
        with aws_errors("KMS"):
            reply = self._kms.generate_mac(KeyId=self._key_id, MacAlgorithm="HMAC_SHA_256", Message=message)
        mac = urlsafe_b64encode(reply["Mac"]).rstrip(b"=").decode()
        return ChildKey(f"{CHILD}{MAC_KEY_VERSION}#{mac}")
