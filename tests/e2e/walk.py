"""The steps on a deployed stage, from its first minute. Each raises Failed if the stage does something unexpected."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.adapters.dynamodb.schema import ACCESS, table_name
from chalicelib.domain.authority import Purpose, Scope
from infra.local.authorities import make_signing_key
from infra.local.demo import Demo
from infra.local.synthetic import synthetic_numbers
from tests.support.stage import Reply

from .stage import Deployed, Failed, Step, expect

HARINGEY, EALING = "E09000014", "E09000009"
_PHONE = "020 7946 0001"
_REGISTRATION = {
    "service_type": "social_care",
    "basis": "statutory",
    "practitioner": {"id": "sw-9", "name": "Ada Okafor", "role": "Social worker", "phone": _PHONE},
    "team": {"name": "Assessment team", "phone": "020 7946 0002"},
    "started_on": "2026-01-05",
}
# Rights that every lookup uses. Rights to read cached data are left out, because a lookup may do without them.
_NEEDED_BY_A_LOOKUP = ("kms:GenerateMac", "dynamodb:Query", "dynamodb:PutItem")


class Walk:
    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed
        self._demo = Demo("", self._deployed.audience, "", "", {})
        self._child = next(iter(synthetic_numbers()))

    def first_minutes(self) -> list[Step]:
        """The least that a stage must do. If it fails without a difference of the emulator, the difference is
        needed."""
        return [
            ("An operator makes the service key, once", self.make_service_key),
            ("An operator proposes two authorities, and a custodian onboards them", self.onboard),
            ("One of them registers an involvement", self.register),
            ("A practitioner of the other looks the child up, and sees whom to ring", self.look_up),
        ]

    def the_rest(self) -> list[Step]:
        return [
            ("The lookup is in the access table", self.find_access_record),
            ("A call without a token, or with one that another authority signed, is refused", self.refuse_tokens),
            ("A console function refuses a reason with an NHS number", self.refuse_an_operator),
            *(
                (f"A lookup without the right to {r} is not answered", self._lookup_without(r))
                for r in _NEEDED_BY_A_LOOKUP
            ),
            ("The API cannot use a key whose policy does not name its role", self.lookup_without_key_policy),
            ("All rights are back, and lookups are answered", self.look_up),
        ]

    def make_service_key(self) -> None:
        first, again = (self._deployed.operate("make-service-key") for _ in range(2))
        expect(first["done"] and "are made" in first["answer"], f"a key: {first}")
        expect(again["done"] and "already" in again["answer"], f"that the key is kept: {again}")

    def onboard(self) -> None:
        for code, alg in ((HARINGEY, "ES256"), (EALING, "EdDSA")):
            key = make_signing_key(code, alg)
            self._demo.authorities[code] = {"alg": alg, "kid": key.kid, "private_key_pem": key.private_key_pem}
            event = {
                "authority": code,
                "name": "A borough",
                "sector": "local_authority",
                "duty_contact": {"name": "Duty team", "phone": "020 7946 0999"},
                "scopes": [*Scope],
                "purposes": [*Purpose],
                "jwks": {"keys": [key.public_jwk]},
            }
            proposed = self._deployed.operate("propose", what="onboard_authority", event=event)
            expect(proposed["done"], f"a proposal: {proposed}")
            second = {"requested_by": "e2e, the second person", "proposal": proposed["proposal"]}
            answer = self._deployed.operate("onboard-authority", **event, **second)
            expect(answer["done"], f"an authority: {answer}")

    def register(self) -> None:
        body = {"nhs_number": self._child, **_REGISTRATION}
        token = self._demo.token(HARINGEY, "system:feed", "register")
        for wanted in (201, 200):
            reply = self._deployed.call("PUT", "/v1/involvements/e2e-1", body, token)
            _expect_status(reply, wanted, "a registration")

    def look_up(self) -> None:
        answer = self._look_up()
        _expect_status(answer, 200, "a lookup")
        expect(answer.json["known"] is True and answer.json["complete"] is True, f"a known child: {answer.body}")
        [involvement] = answer.json["involvements"]
        expect(involvement["practitioner"]["phone"] == _PHONE, "a number to ring")

    def find_access_record(self) -> None:
        lookup_id = self._look_up().json["lookup_id"]
        keys = [record["sk"]["S"] for record in self._access_records()]
        expect(keys.count(f"L#{lookup_id}") == 1, "one access record for one lookup")

    def refuse_tokens(self) -> None:
        _expect_status(self._deployed.call("POST", "/v1/lookups", {}), 401, "a lookup without a token")
        forged = Demo("", self._deployed.audience, "", "", {EALING: self._demo.authorities[HARINGEY]}).token(
            EALING, "sw-1", "lookup"
        )
        _expect_status(self._look_up(forged), 401, "a lookup with a forged token")

    def refuse_an_operator(self) -> None:
        grouped = f"{self._child[:3]} {self._child[3:6]} {self._child[6:]}"
        answer = self._deployed.operate("make-service-key", reason=f"for {grouped}")
        expect(answer["done"] is False and answer["answer"].startswith("Refused."), f"a refusal: {answer}")

    def lookup_without_key_policy(self) -> None:
        kms, key = self._deployed.client("kms"), self._deployed.outputs["PseudonymsKeyArn"]
        policy = kms.get_key_policy(KeyId=key)["Policy"]
        kms.put_key_policy(KeyId=key, Policy=policy.replace(f"knownto-{self._deployed.name}-api", "nobody"))
        try:
            self._expect_no_answer()
        finally:
            kms.put_key_policy(KeyId=key, Policy=policy)

    def _lookup_without(self, right: str) -> Callable[[], None]:
        def look() -> None:
            with self._without(right):
                before = len(self._access_records())
                self._expect_no_answer()
                expect(len(self._access_records()) == before, "no access record without an answer")

        return look

    @contextmanager
    def _without(self, right: str) -> Iterator[None]:
        """Removes a right from the API's role until the block ends."""
        iam, role = self._deployed.client("iam"), f"knownto-{self._deployed.name}-api"
        [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        less = [{**s, "Action": [a for a in s["Action"] if a != right]} for s in document["Statement"]]
        expect(less != document["Statement"], f"the API's role to have {right}")
        put = {"RoleName": role, "PolicyName": name}
        iam.put_role_policy(
            **put, PolicyDocument=json.dumps({**document, "Statement": [s for s in less if s["Action"]]})
        )
        try:
            yield
        finally:
            iam.put_role_policy(**put, PolicyDocument=json.dumps(document))

    def _look_up(self, token: str | None = None) -> Reply:
        question = {"nhs_number": self._child, "purpose": "safeguarding", "case_reference": "e2e-case"}
        return self._deployed.call("POST", "/v1/lookups", question, token or self._demo.token(EALING, "sw-1", "lookup"))

    def _expect_no_answer(self) -> None:
        reply = self._look_up()
        _expect_status(reply, 503, "a lookup without the right")
        expect(reply.code == "cannot_answer", f"cannot_answer: {reply.body}")

    def _access_records(self) -> list[dict[str, Any]]:
        return self._deployed.items(table_name(self._deployed.name, ACCESS))


def _expect_status(reply: Reply, wanted: int, what: str) -> None:
    if reply.status != wanted:
        raise Failed(f"Expected {what} to be answered with {wanted}, not {reply.status}: {reply.body}")
