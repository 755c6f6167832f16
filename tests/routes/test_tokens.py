"""Who may call: valid tokens are accepted, and all others get the same refusal."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from app import app
from infra.local.authorities import LocalAuthority, SigningKey, make_signing_key
from tests.support.registry import entered
from tests.support.stage import AUDIENCE, EALING, HARINGEY, Reply, Stage, call

Forge = Callable[[Stage], str]
WITHOUT_TOKEN = {"/v1/health", "/v1/openapi.json"}


def ask(token: str | None) -> Reply:
    return call("GET", "/v1/involvements", token=token)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def private(key: SigningKey) -> Ed25519PrivateKey:
    loaded = load_pem_private_key(key.private_key_pem.encode(), None)
    assert isinstance(loaded, Ed25519PrivateKey)
    return loaded


def header(stage: Stage, **changes: Any) -> dict[str, Any]:
    key = stage.keys[HARINGEY]
    return {"typ": "JWT", "alg": key.alg, "kid": key.kid, **changes}


def signed(stage: Stage, head: Mapping[str, Any] | bytes | None = None, payload: Any = None) -> str:
    """A token with any header and payload, signed with Haringey's own key."""
    head = header(stage) if head is None else head
    payload = stage.claims() if payload is None else payload
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (head, payload)]
    signing_input = ".".join(map(b64, parts))
    return f"{signing_input}.{b64(private(stage.keys[HARINGEY]).sign(signing_input.encode()))}"


def with_claims(**changes: Any) -> Forge:
    """A correctly signed token with these claims. `...` leaves a claim out."""
    return lambda stage: signed(
        stage, payload={name: value for name, value in {**stage.claims(), **changes}.items() if value is not ...}
    )


def with_header(**changes: Any) -> Forge:
    return lambda stage: signed(
        stage, {name: value for name, value in header(stage, **changes).items() if value is not ...}
    )


def shifted(iat: float, exp: float, **claims: Any) -> Forge:
    """A token issued and expiring this many seconds from now."""

    def forge(stage: Stage) -> str:
        now = int(stage.clock().timestamp())
        return signed(stage, payload=stage.claims(iat=now + iat, exp=now + exp, **claims))

    return forge


def unsigned(alg: str) -> Forge:
    def forge(stage: Stage) -> str:
        parts = (header(stage, alg=alg), stage.claims())
        return ".".join(b64(json.dumps(part).encode()) for part in parts) + "."

    return forge


def public_forms(key: SigningKey) -> Mapping[str, bytes]:
    public = private(key).public_key()
    return {
        "raw": public.public_bytes(Encoding.Raw, PublicFormat.Raw),
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(key.public_jwk).encode(),
        "x": str(key.public_jwk["x"]).encode(),
    }


def hmac_with_public_key(form: str, alg: str = "HS256") -> Forge:
    def forge(stage: Stage) -> str:
        parts = (header(stage, alg=alg), stage.claims())
        signing_input = ".".join(b64(json.dumps(part).encode()) for part in parts)
        secret = public_forms(stage.keys[HARINGEY])[form]
        return f"{signing_input}.{b64(hmac.digest(secret, signing_input.encode(), hashlib.sha256))}"

    return forge


def signed_by_a_stranger(**place: Any) -> Forge:
    """A token signed with a key that the token contains or points to."""

    def forge(stage: Stage) -> str:
        stranger = make_signing_key(HARINGEY, "EdDSA")
        named = {name: stranger.public_jwk if value is ... else value for name, value in place.items()}
        parts = (header(stage, **named), stage.claims())
        signing_input = ".".join(b64(json.dumps(part).encode()) for part in parts)
        return f"{signing_input}.{b64(private(stranger).sign(signing_input.encode()))}"

    return forge


def altered(change: Callable[[str, str, str], Sequence[str]]) -> Forge:
    """A valid token, altered after signing."""

    def forge(stage: Stage) -> str:
        head, payload, signature = stage.token().split(".")
        return ".".join(change(head, payload, signature))

    return forge


def flipped(text: str) -> str:
    return ("A" if text[0] != "A" else "B") + text[1:]


def other_claims(payload: str) -> str:
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return b64(json.dumps({**claims, "sub": "sw-2"}).encode())


def odd_claim(claim: str, *values: Any) -> dict[str, Forge]:
    return {f"{claim} {value!r}": with_claims(**{claim: value}) for value in values}


def odd_header(name: str, *values: Any) -> dict[str, Forge]:
    return {f"header {name} {value!r}": with_header(**{name: value}) for value in values}


NOT_TIMES: tuple[Any, ...] = (
    *(True, False, "1", "", [], {}, -1, 10**12, 10**30, 1e300),
    *(float("nan"), float("inf"), -float("inf")),
)
NOT_NAMES: tuple[Any, ...] = (
    1,
    "",
    "  ",
    "x" * 201,
    ["sw-1"],
    {},
    "a\nb",
    "a\u202eb",
    "\0",
    "sw-1\u200b",
    "\ufeffsw-1",
    "s\u00adw",
)
CLAIMS = ("iss", "sub", "aud", "iat", "exp", "scope", "role")

ATTACKS: dict[str, Forge] = {
    "junk": lambda _: "junk",
    "empty": lambda _: " ",
    "three dots": lambda _: "...",
    "not ascii": lambda stage: stage.token() + "é",
    "lone surrogate": lambda stage: stage.token() + "\ud800",
    "NUL": lambda stage: "\0" + stage.token(),
    "a space before": lambda stage: " " + stage.token(),
    **{f"unsigned, alg {alg}": unsigned(alg) for alg in ("none", "None", "NONE", "")},
    **{f"HS256 with the public key, {form}": hmac_with_public_key(form) for form in ("raw", "pem", "der", "jwk", "x")},
    "EdDSA with the public key": hmac_with_public_key("pem", "EdDSA"),
    **odd_header("alg", "RS256", "ES256", "HS256", "Ed25519", "none", ["EdDSA"], None, ...),
    **odd_claim("iss", "E00000000", EALING, 1, [], {}, "", [HARINGEY]),
    **odd_claim("aud", "https://other", "", AUDIENCE + "/", AUDIENCE.upper(), 1, {}, [], [[AUDIENCE]]),
    **odd_claim("aud", [AUDIENCE, "https://other"], ["https://other", AUDIENCE], [AUDIENCE, AUDIENCE]),
    "expired": shifted(-340, -40),
    "expired for the whole skew": shifted(-330, -30),
    "one year": shifted(0, 31_536_000),
    "lives 301 seconds": shifted(0, 301),
    "expires as it is issued": shifted(0, 0),
    "expires before it is issued": shifted(0, -10),
    "issued after the skew": shifted(31, 331),
    "an hour fast": shifted(3600, 3900),
    "an hour fast, valid from long ago": lambda stage: shifted(3600, 3900, nbf=stage.clock().timestamp() - 10)(stage),
    "an hour slow": shifted(-3600, -3300),
    "not before an hour from now": lambda stage: with_claims(nbf=stage.clock().timestamp() + 3600)(stage),
    **{f"without {claim}": with_claims(**{claim: ...}) for claim in CLAIMS},
    **{f"{claim} null": with_claims(**{claim: None}) for claim in CLAIMS},
    **odd_claim("iat", *NOT_TIMES),
    **odd_claim("exp", *NOT_TIMES),
    **odd_claim("nbf", *NOT_TIMES),
    **odd_claim("sub", *NOT_NAMES),
    **odd_claim("role", *NOT_NAMES),
    **odd_claim("jti", *NOT_NAMES),
    **odd_claim("organisation", *NOT_NAMES),
    **odd_claim("role", "Social worker of 999 000 0018"),
    **odd_claim("organisation", "999-000-0018"),
    **odd_claim("sub", "sw.401-023-2137", "943/476/5919"),
    **odd_claim("jti", "999_000_0018"),
    **odd_claim(
        "sub", "System:feed", " system:feed", "system", "system-feed", "\uff53ystem\uff1afeed", "\u0455ystem:feed"
    ),
    **odd_claim("scope", 1, ["register"], {"register": True}, True),
    "another authority's kid": lambda stage: signed(stage, header(stage, kid=stage.keys[EALING].kid)),
    "another authority's key": lambda stage: jwt.encode(
        stage.claims(), stage.keys[EALING].private_key_pem, algorithm="EdDSA", headers={"kid": stage.keys[HARINGEY].kid}
    ),
    **odd_header("kid", ..., "", 1, None, [], "unknown", "../../etc/passwd"),
    **odd_header("crit", ["exp"], [], None, ["b64"], "exp"),
    **odd_header("b64", True, False, None),
    "b64 false and crit": with_header(b64=False, crit=["b64"]),
    "embedded jwk": signed_by_a_stranger(jwk=...),
    "jku": signed_by_a_stranger(jku="https://stranger.example/jwks.json"),
    "x5u": signed_by_a_stranger(x5u="https://stranger.example/chain.pem"),
    "x5c": signed_by_a_stranger(x5c=["MIIB"]),
    "a stranger's key": signed_by_a_stranger(),
    "deep header": lambda stage: signed(stage, deep(header(stage))),
    "deep claims": lambda stage: signed(stage, payload=deep(stage.claims())),
    "header is a list": lambda stage: signed(stage, b"[]"),
    "claims are a list": lambda stage: signed(stage, payload=b"[]"),
    "claims are text": lambda stage: signed(stage, payload=b'"x"'),
    "claims are not UTF-8": lambda stage: signed(stage, payload=b"\xff\xfe"),
    "longer than 4096": with_claims(padding="x" * 4096),
    "a megabyte": lambda _: "x" * 1_000_000,
    "signature altered": altered(lambda head, payload, signature: (head, payload, flipped(signature))),
    "signature gone": altered(lambda head, payload, _: (head, payload, "")),
    "signature cut": altered(lambda head, payload, signature: (head, payload, signature[:-4])),
    "no signature": altered(lambda head, payload, _: (head, payload)),
    "claims altered": altered(lambda head, payload, signature: (head, other_claims(payload), signature)),
    "header altered": altered(lambda head, payload, signature: (flipped(head), payload, signature)),
    "four parts": altered(lambda *parts: (*parts, parts[2])),
    "five parts": altered(lambda *parts: (*parts, "a", "b")),
}


def deep(fields: Mapping[str, Any]) -> bytes:
    """A token with the deepest nesting that fits, in a claim that is not read."""
    return json.dumps(fields).encode()[:-1] + b',"x":' + b"[" * 1000 + b"]" * 1000 + b"}"


def without_id(reply: Reply) -> dict[str, Any]:
    return {name: value for name, value in reply.json.items() if name != "correlation_id"}


def assert_refused(reply: Reply) -> None:
    bland = ask(None)
    assert reply.status == bland.status == 401
    assert without_id(reply) == without_id(bland)
    assert reply.code == "not_signed_in"
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert set(reply.headers) == set(bland.headers)


def test_a_valid_token_made_in_the_same_way_as_the_attacks_is_accepted(stage: Stage) -> None:
    assert ask(signed(stage)).status == 200


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_in_the_same_words_as_a_missing_token(stage: Stage, name: str) -> None:
    token = ATTACKS[name](stage)
    reply = ask(token)
    assert_refused(reply)
    assert len(token) < 10 or token not in reply.body


@pytest.mark.parametrize(
    ("method", "path"),
    [(method, path) for path, methods in app.routes.items() if path not in WITHOUT_TOKEN for method in methods],
)
def test_every_route_and_method_refuses_a_missing_token(stage: Stage, method: str, path: str) -> None:
    assert_refused(
        call(
            method,
            path.replace("{reference}", "ref-1").replace("{lookup_id}", "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
            {} if method in {"POST", "PUT", "PATCH"} else None,
        )
    )


def test_health_needs_no_token(stage: Stage) -> None:
    assert call("GET", "/v1/health").json == {"status": "ok"}
    head = call("HEAD", "/v1/health")
    assert (head.status, head.body) == (200, "")


@pytest.mark.parametrize("scheme", ["Basic", "Token", "JWT", "Bearer:", "", "BearerBearer"])
def test_another_scheme_is_refused(stage: Stage, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {stage.token()}"}
    assert_refused(call("GET", "/v1/involvements", headers=headers))


def test_a_bare_token_is_refused(stage: Stage) -> None:
    assert_refused(call("GET", "/v1/involvements", headers={"Authorization": stage.token()}))


@pytest.mark.parametrize(("name", "scheme"), [("authorization", "Bearer"), ("AUTHORIZATION", "bearer")])
def test_header_name_and_scheme_are_case_insensitive(stage: Stage, name: str, scheme: str) -> None:
    assert call("GET", "/v1/involvements", headers={name: f"{scheme} {stage.token()}"}).status == 200


def test_two_authorization_headers_are_refused_even_if_both_are_valid(stage: Stage) -> None:
    bearer = f"Bearer {stage.token()}"
    for values in ([bearer, bearer], [bearer, "Bearer junk"], ["Bearer junk", bearer], [bearer, ""]):
        assert_refused(call("GET", "/v1/involvements", headers={"Authorization": values}))
    assert_refused(call("GET", "/v1/involvements", headers={"Authorization": bearer, "authorization": bearer}))


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_a_valid_token_of_each_of_the_three_algorithms_is_accepted(stage: Stage, alg: str) -> None:
    code = stage.new_code()
    entered(stage, LocalAuthority(code, f"Body {alg}", "token_test"), alg)
    assert ask(stage.token(code)).status == 200
    assert_refused(ask(flipped_signature(stage.token(code))))


def flipped_signature(token: str) -> str:
    head, payload, signature = token.split(".")
    return f"{head}.{payload}.{flipped(signature)}"


@pytest.mark.parametrize(("alg", "other"), [("RS256", "RS384"), ("RS256", "PS256"), ("RS256", "RS512")])
def test_a_related_algorithm_of_the_right_key_is_refused(stage: Stage, alg: str, other: str) -> None:
    code = stage.new_code()
    entered(stage, LocalAuthority(code, f"Body {alg}", "token_test"), alg)
    key = stage.keys[code]
    token = jwt.encode(stage.claims(code), key.private_key_pem, algorithm=other, headers={"kid": key.kid})
    assert_refused(ask(token))


@pytest.mark.parametrize("seconds", [-300, -30, -29, 0, 29, 30])
def test_a_clock_may_be_half_a_minute_off(stage: Stage, seconds: int) -> None:
    assert ask(shifted(seconds, seconds + 300)(stage)).status == 200


def test_a_token_is_accepted_until_30_seconds_after_it_expires(stage: Stage) -> None:
    token = stage.token()
    for seconds in (0, 299, 30):
        stage.clock.advance(seconds=seconds)
        assert ask(token).status == 200
    stage.clock.advance(seconds=1)
    assert_refused(ask(token))


@pytest.mark.parametrize("aud", [AUDIENCE, [AUDIENCE]])
def test_the_audience_may_be_text_or_a_list_of_one(stage: Stage, aud: Any) -> None:
    assert ask(stage.token(aud=aud)).status == 200


def test_a_key_inside_a_token_is_ignored_if_the_registered_one_signed_it(stage: Stage) -> None:
    stranger = make_signing_key(HARINGEY, "EdDSA")
    token = signed(stage, header(stage, jwk=stranger.public_jwk, jku="https://stranger.example/jwks.json"))
    assert ask(token).status == 200


def test_a_practitioner_with_the_longest_id_that_can_be_registered_signs_in(stage: Stage) -> None:
    assert ask(stage.token(sub="x" * 200)).status == 200


def test_unknown_claims_and_scopes_are_ignored(stage: Stage) -> None:
    assert ask(stage.token(scope="register launch_missiles", email="someone@example.org")).status == 200


@pytest.mark.parametrize("scope", ["", " ", "Register", "register,lookup", "register\tlookup", "registerlookup"])
def test_a_scope_only_counts_if_it_is_written_exactly(stage: Stage, scope: str) -> None:
    reply = ask(stage.token(scope=scope))
    assert (reply.status, reply.code) == (403, "scope_not_granted")


def test_a_token_has_no_more_scope_than_the_registry_grants(stage: Stage) -> None:
    entered(stage, LocalAuthority("KSCOPE", "Body", "token_test"), scopes={"SS": ["lookup"]})
    token = stage.token("KSCOPE")
    assert (ask(token).status, ask(token).code) == (403, "scope_not_granted")
    assert stage.look_up(stage.new_child(), token).status == 200


def test_a_suspended_authority_learns_of_it_only_with_a_valid_token(stage: Stage) -> None:
    body = LocalAuthority("KSUSPENDE", "Body", "token_test")
    entered(stage, body)
    assert ask(stage.token("KSUSPENDE")).status == 200
    entered(stage, body, standing={"S": "suspended"})
    reply = ask(stage.token("KSUSPENDE"))
    assert (reply.status, reply.code) == (403, "authority_suspended")
    assert_refused(ask(flipped_signature(stage.token("KSUSPENDE"))))


def test_a_removed_authority_is_refused_like_an_unknown_one(stage: Stage) -> None:
    body = LocalAuthority("KREMOVED", "Body", "token_test")
    entered(stage, body)
    assert ask(stage.token("KREMOVED")).status == 200
    entered(stage, body, standing={"S": "removed"})
    assert_refused(ask(stage.token("KREMOVED")))


def test_a_key_removed_from_the_registry_is_no_longer_accepted(stage: Stage) -> None:
    body = LocalAuthority("KROTATED", "Body", "token_test")
    entered(stage, body)
    old = stage.keys["KROTATED"]
    new = make_signing_key("KROTATED", "ES256")
    renamed = SigningKey("K-rotated-2", new.alg, new.private_key_pem, {**new.public_jwk, "kid": "K-rotated-2"})

    def enter_keys(*keys: SigningKey) -> None:
        jwks = json.dumps({"keys": [key.public_jwk for key in keys]})
        entered(stage, body, jwks={"S": jwks})

    def asks_with(key: SigningKey) -> Reply:
        claims = stage.claims("KROTATED")
        return ask(jwt.encode(claims, key.private_key_pem, algorithm=key.alg, headers={"kid": key.kid}))

    enter_keys(old, renamed)
    assert [asks_with(key).status for key in (old, renamed)] == [200, 200]
    enter_keys(renamed)
    assert asks_with(renamed).status == 200
    assert_refused(asks_with(old))


def test_a_refused_token_writes_no_access_record_and_reads_no_child(stage: Stage) -> None:
    calls: list[str] = []
    clients = stage.clients
    asked = ask(stage.token())
    assert asked.status == 200
    watched = [clients.connection.client, clients.dynamodb_once, clients.kms]

    def watch(event_name: str, **_: Any) -> None:
        calls.append(event_name)

    for client in watched:
        client.meta.events.register("before-call", watch)
    try:
        assert_refused(stage.look_up(stage.new_child(), ATTACKS["signature altered"](stage)))
    finally:
        for client in watched:
            client.meta.events.unregister("before-call", watch)
    assert calls == []
