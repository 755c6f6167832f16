"""The pages of the local stage: only it serves them, only to its own machine, and they use demonstration keys only."""

import json
import re
from collections import Counter
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import jwt
import pytest

from app import app
from infra.local import pages, synthetic
from infra.local.authorities import DEMONSTRATION, authorities
from infra.local.demo import Demo
from tests.support.stage import AUDIENCE, BRENT, HARINGEY, Reply, Stage

from .test_gateway import CANARY, assert_problem, over_http

FOLDER = Path(pages.__file__).with_name("pages")
FILES = [
    "/",
    "/ask",
    "/ask/",
    "/docs",
    "/docs/",
    *(f"/local/pages/{file.name}" for file in sorted(FOLDER.iterdir()) if file.suffix != ".html"),
]
WHO = {"authority": HARINGEY, "sub": "sw-1", "role": "Social worker"}


@pytest.fixture
def demo(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Demo:
    """The file that `make run` writes for others to sign in with."""
    monkeypatch.chdir(tmp_path)
    made = demo_of(stage)
    made.save()
    return made


def demo_of(stage: Stage) -> Demo:
    keys = {
        code: {"name": f"Authority {code}", "kid": key.kid, "alg": key.alg, "private_key_pem": key.private_key_pem}
        for code, key in stage.keys.items()
        if code in {HARINGEY, BRENT}
    }
    return Demo("http://127.0.0.1", AUDIENCE, stage.aws.endpoint_url, "eu-west-2", keys)


def get(uri: str, host: str = "127.0.0.1:8000") -> Reply:
    return over_http("GET", uri, HTTP_HOST=host)


def sign_in(body: object, media_type: str = "application/json") -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return over_http("POST", "/local/tokens", raw, HTTP_HOST="localhost:8000", CONTENT_TYPE=media_type)


@pytest.mark.parametrize("uri", FILES)
def test_a_page_is_served_with_a_policy_that_lets_nothing_else_in(uri: str) -> None:
    reply = get(uri)
    assert reply.status == 200
    policy = dict(part.split(" ", 1) for part in reply.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("uri", [*FILES, "/local/stage"])
def test_head_answers_for_a_page_without_its_body(demo: Demo, uri: str) -> None:
    head = over_http("HEAD", uri, HTTP_HOST="127.0.0.1:8000")
    assert (head.status, head.body) == (200, "")
    assert head.headers == get(uri).headers


def test_no_page_is_a_route_of_the_service() -> None:
    assert [path for path in app.routes if not path.startswith("/v1/")] == []


@pytest.mark.parametrize("uri", [*FILES, "/local/stage"])
@pytest.mark.parametrize("host", ["", "known-to.example", "known-to.example:8000", "127.0.0.1.known-to.example:80"])
def test_a_request_under_another_host_name_is_refused(demo: Demo, uri: str, host: str) -> None:
    assert_problem(get(uri, host), 403, "forbidden")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("uri", ["/", "/docs", "/local/pages/ask.js", "/local/stage"])
def test_a_page_can_only_be_read(method: str, uri: str) -> None:
    assert_problem(over_http(method, uri, HTTP_HOST="127.0.0.1:8000"), 404, "no_such_route")


@pytest.mark.parametrize(
    "uri", ["/local/pages/", "/local/pages/../run.py", "/local/pages/%2e%2e/run.py", "/docs//", "/local"]
)
def test_no_other_file_is_served(uri: str) -> None:
    assert_problem(get(uri), 404, "no_such_route")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("name", ["start.html", "docs.html", "ask.html"])
def test_a_page_loads_nothing_from_elsewhere_and_labels_every_field(name: str) -> None:
    parser = _Tags()
    parser.feed((FOLDER / name).read_text())
    addresses = [held[key] for _, held in parser.tags for key in ("src", "href") if held.get(key)]
    assert [one for one in addresses if one is not None and not one.startswith(("/", "#", "data:,"))] == []
    labelled = {held["for"] for tag, held in parser.tags if tag == "label"}
    assert {held["id"] for tag, held in parser.tags if tag in {"input", "select", "textarea"}} == labelled
    assert ("html", {"lang": "en"}) in parser.tags
    assert [held for tag, held in parser.tags if "style" in held or (tag == "script" and not held.get("src"))] == []


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.js")), ids=lambda file: file.name)
def test_no_script_reads_text_as_html_or_code(file: Path) -> None:
    risky = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc|https?://"
    assert re.findall(risky, file.read_text()) == []


def test_the_page_learns_who_may_sign_in_and_which_children_to_try(demo: Demo) -> None:
    local = get("/local/stage").json
    assert {one["code"] for one in local["authorities"]} == {HARINGEY, BRENT}
    assert [one["nhs_number"] for one in local["children"]] == list(synthetic.SAMPLES)
    assert "PRIVATE" not in get("/local/stage").body


def test_a_token_from_the_page_signs_in(stage: Stage, demo: Demo) -> None:
    reply = sign_in(WHO)
    assert reply.status == 200
    claims = jwt.decode(reply.json["token"], options={"verify_signature": False})
    assert (claims["iss"], claims["sub"], claims["role"]) == (HARINGEY, "sw-1", "Social worker")
    question = json.dumps({"nhs_number": stage.new_child(), "purpose": "safeguarding", "case_reference": "c"}).encode()
    assert over_http("POST", "/v1/lookups", question, token=reply.json["token"]).status == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", {}, {**WHO, CANARY: CANARY}, {**WHO, "sub": ""}, {**WHO, "sub": "x" * 129}, {**WHO, "role": 5}],
)
def test_a_bad_request_for_a_token_is_refused_without_an_echo(demo: Demo, body: object) -> None:
    reply = sign_in(body)
    assert (reply.status, reply.json["title"]) in {
        (400, "The request is not valid"),
        (400, "The body is not readable"),
    }
    assert CANARY not in reply.body


def test_an_authority_without_a_key_here_cannot_sign_in(demo: Demo) -> None:
    assert_problem(sign_in({**WHO, "authority": CANARY}), 400, "invalid_request")


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_on_another_site_gets_no_token(demo: Demo, media_type: str) -> None:
    assert_problem(sign_in(WHO, media_type), 403, "forbidden")


def test_nobody_signs_in_while_no_stage_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert_problem(sign_in(WHO), 503, "unavailable")


def test_the_first_page_says_what_the_stage_holds() -> None:
    said = " ".join(re.sub(r"<[^>]+>", " ", (FOLDER / "start.html").read_text()).split())
    assert re.findall(r"(999\d{7}) (.+?)(?= 999\d{7}| A token)", said) == list(synthetic.SAMPLES.items())
    sectors = Counter(body.sector for body in authorities())
    assert sectors == {"local_authority": 153, "health": 5, "police": 2}
    assert "160 authorities: England’s 153 local authorities, five NHS trusts and two police forces." in said
    assert len(DEMONSTRATION) == 10
    assert "Ten of them can sign in" in said
    assert f"{synthetic.CHILDREN:,} synthetic children" in said


def test_the_children_to_try_are_what_the_page_says_of_them() -> None:
    registrations = [record.registration for record in synthetic.synthetic_set([*authorities()], date(2026, 11, 22))]
    known, sensitive, shielded, nobodys = (
        [one.work for one in registrations if one.nhs_number.digits == number] for number in synthetic.SAMPLES
    )
    assert len(known) == 6
    assert [work.is_sensitive for work in sensitive].count(True) == 1 == len(sensitive) - 1
    assert shielded
    assert nobodys == []
