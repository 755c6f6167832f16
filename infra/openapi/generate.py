"""`make openapi`: writes the OpenAPI 3.1 description from the wire types and `operations.py`.

The file is beside the module that serves it, so it ships without a packaging step.
"""

import json
import tomllib
from http import HTTPStatus
from pathlib import Path

import msgspec

from chalicelib.adapters.http.openapi import FILE
from chalicelib.adapters.http.problems import MEDIA_TYPE, PROBLEMS, ProblemBody, problem_body

from .examples import CORRELATION_ID, Json
from .operations import OPERATIONS, Operation
from .schemas import ROOT, schemas_of

_ROOT = Path(__file__).parents[2]
_CORRELATION = {
    name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Correlation-ID", "X-Caller-Correlation-ID")
}
_HEADERS = {
    "X-Correlation-ID": {"description": "Finds this request in our logs.", "schema": {"type": "string"}},
    "X-Caller-Correlation-ID": {
        "description": "The UUID that you sent as X-Correlation-ID. Absent if you sent none.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "ETag": {"description": "The record's version. Send it back in If-Match.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "How to sign in.", "schema": {"const": "Bearer"}},
}
_CALLERS_ID = {"$ref": "#/components/parameters/X-Correlation-ID"}
_PARAMETERS = {
    "X-Correlation-ID": {
        "name": "X-Correlation-ID",
        "in": "header",
        "description": "Your own name for the request: a UUID. Our logs keep it beside ours, and drop anything else.",
        "schema": {"type": "string"},
    }
}
_DESCRIPTION = """\
Has another practitioner worked with this child, and whom do I ring?

Every failure is a problem document with a stable `code`. A lookup that fails is never a "no":
treat the child as unknown and ring your duty team.

A gateway in front of the service may refuse any call with `forbidden` or `too_many_requests`. It answers
`cannot_answer` if the service does not reply in time. After any call except a lookup, send the same request again."""
_SIGNING_IN = """\
A JWT that your authority signs itself: `iss` its code, `sub` the practitioner, `aud` the stage's audience,
`iat` and `exp` at most 300 seconds apart, `scope`, `role`."""


def main() -> None:
    FILE.write_text(text(), encoding="utf-8")
    print(f"{FILE.relative_to(_ROOT)}: {len(OPERATIONS)} operations")


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def document() -> Json:
    schemas, components = schemas_of(_sent(), _answered())
    paths: dict[str, Json] = {}
    for (method, path), operation in OPERATIONS.items():
        paths.setdefault(path, {})[method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Known To",
            "version": _version(),
            "description": _DESCRIPTION,
            "contact": {"name": "The operator of the stage that you call"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in OPERATIONS.values())],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": _SIGNING_IN}
            },
            "parameters": _PARAMETERS,
            "headers": _HEADERS,
            "responses": _all_failures(),
            "examples": {
                code: {"value": msgspec.to_builtins(problem_body(code, CORRELATION_ID))} for code in sorted(_codes())
            },
            "schemas": components,
        },
    }


def _version() -> str:
    version: str = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["version"]
    return version


def _codes() -> set[str]:
    return {code for operation in OPERATIONS.values() for code in operation.codes}


def _sent() -> list[type]:
    return [operation.body for operation in OPERATIONS.values() if operation.body is not None]


def _answered() -> list[type]:
    answers = [answer for operation in OPERATIONS.values() for answer in operation.answers.values()]
    return [*(answer[0] for answer in answers if answer is not None), ProblemBody]


def _operation(operation: Operation, schemas: dict[type, Json]) -> Json:
    made: Json = {"operationId": operation.name, "summary": operation.summary, "tags": [operation.tag]}
    if operation.description is not None:
        made["description"] = operation.description
    made["security"] = [{"token": [operation.scope]}] if operation.scope else []
    made["parameters"] = [*operation.parameters, _CALLERS_ID]
    if operation.body is not None:
        content = {"schema": schemas[operation.body], "example": operation.example}
        made["requestBody"] = {"required": True, "content": dict.fromkeys(operation.media_types, content)}
    responses = {str(status): _answer(operation, status, schemas) for status in operation.answers}
    failures = {
        str(status): {"$ref": f"#/components/responses/{name}"} for status, name in _failures(operation).items()
    }
    made["responses"] = {**responses, **failures}
    return made


def _answer(operation: Operation, status: int, schemas: dict[type, Json]) -> Json:
    answer = operation.answers[status]
    headers = dict(_CORRELATION)
    if operation.etag:
        headers["ETag"] = {"$ref": "#/components/headers/ETag"}
    made: Json = {"description": _SAYS[status], "headers": headers}
    if answer is not None:
        kind, example = answer
        made["content"] = {"application/json": {"schema": schemas[kind], "example": example}}
    return made


_SAYS = {200: "Done.", 201: "Done, and new.", 204: "Done. There is no body."}


def _failures(operation: Operation) -> dict[int, str]:
    """The component of each status with which the operation may fail. Its name lists the codes."""
    statuses = sorted({PROBLEMS[code].status for code in operation.codes})
    return {
        status: ".".join(code for code in operation.codes if PROBLEMS[code].status == status) for status in statuses
    }


def _all_failures() -> Json:
    of_each = [_failures(operation) for operation in OPERATIONS.values()]
    named = {name: status for failures in of_each for status, name in failures.items()}
    return {name: _failure(name.split("."), status) for name, status in sorted(named.items())}


def _failure(codes: list[str], status: int) -> Json:
    named = (
        ["Retry-After"] if status in {429, 503} else ["WWW-Authenticate"] if status == HTTPStatus.UNAUTHORIZED else []
    )
    return {
        "description": ", ".join(f"`{code}`" for code in codes),
        "headers": {**_CORRELATION, **{name: {"$ref": f"#/components/headers/{name}"} for name in named}},
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": f"{ROOT}Problem"},
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }


if __name__ == "__main__":
    main()
