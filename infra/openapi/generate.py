"""`make openapi`: writes the OpenAPI 3.1 description from the wire types and `operations.py`.

The file is beside the module that serves it, so it ships without a packaging step.
"""

import inspect
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from chalicelib.adapters.http.openapi import FILE
from chalicelib.adapters.http.problems import MEDIA_TYPE, PROBLEMS, ProblemBody, problem_body

from .descriptions import describe
from .examples import CORRELATION_ID, Json
from .operations import OPERATIONS, Operation

_ROOT = Path(__file__).parents[2]
_SCHEMAS = "#/components/schemas/"
_SENT = "chalicelib.adapters.http.requests."
_CORRELATION = {"X-Correlation-ID": {"$ref": "#/components/headers/X-Correlation-ID"}}
_HEADERS = {
    "X-Correlation-ID": {"description": "Finds this request in our logs.", "schema": {"type": "string"}},
    "ETag": {"description": "The record's version. Send it back in If-Match.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "How to sign in.", "schema": {"const": "Bearer"}},
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
    schemas, components = _schemas()
    paths: dict[str, Json] = {}
    for (method, path), operation in OPERATIONS.items():
        paths.setdefault(path, {})[method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Known To", "version": _version(), "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in OPERATIONS.values())],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": _SIGNING_IN}
            },
            "headers": _HEADERS,
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


def _types() -> Iterator[type]:
    for operation in OPERATIONS.values():
        yield from (answer[0] for answer in operation.answers.values() if answer is not None)
        if operation.body is not None:
            yield operation.body
    yield ProblemBody


def _schemas() -> tuple[dict[type, Json], Json]:
    types = list(dict.fromkeys(_types()))
    schemas, components = msgspec.json.schema_components(types, ref_template=_SCHEMAS + "{name}")
    named = {_name(name): _tidy(schema) for name, schema in components.items()}
    named["Problem"]["properties"]["code"]["enum"] = [*PROBLEMS]
    describe(named)
    return {kind: _tidy(schema) for kind, schema in zip(types, schemas, strict=True)}, dict(sorted(named.items()))


def _name(name: str) -> str:
    """The name of a schema. If a type that is sent and one that is answered share a name, the former gets `Sent`."""
    last = name.rpartition(".")[2].removesuffix("Body")
    return f"Sent{last}" if name.startswith(_SENT) else last


def _tidy(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_tidy(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    # Drops the title of a schema, but not a property of that name. Drops defaults, because client generators may
    # treat a field with a default as one that must be sent.
    dropped = {"default"} | ({"title"} if isinstance(schema.get("title"), str) else set())
    tidy = {name: _tidy(value) for name, value in schema.items() if name not in dropped}
    if isinstance(tidy.get("$ref"), str):
        tidy["$ref"] = _SCHEMAS + _name(tidy["$ref"].removeprefix(_SCHEMAS))
    if isinstance(mapping := tidy.get("mapping"), dict):
        tidy["mapping"] = {tag: _SCHEMAS + _name(ref.removeprefix(_SCHEMAS)) for tag, ref in mapping.items()}
    if "enum" in tidy:
        tidy.setdefault("type", "string")
    if isinstance(tidy.get("description"), str):
        tidy["description"] = " ".join(inspect.cleandoc(tidy["description"]).split())
    return tidy


def _operation(operation: Operation, schemas: dict[type, Json]) -> Json:
    made: Json = {"operationId": operation.name, "summary": operation.summary, "tags": [operation.tag]}
    if operation.description is not None:
        made["description"] = operation.description
    made["security"] = [{"token": [operation.scope]}] if operation.scope else []
    if operation.parameters:
        made["parameters"] = list(operation.parameters)
    if operation.body is not None:
        content = {"schema": schemas[operation.body], "example": operation.example}
        made["requestBody"] = {"required": True, "content": dict.fromkeys(operation.media_types, content)}
    responses = {str(status): _answer(operation, status, schemas) for status in operation.answers}
    statuses = sorted({PROBLEMS[code].status for code in operation.codes})
    made["responses"] = {**responses, **{str(status): _failure(operation, status) for status in statuses}}
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


def _failure(operation: Operation, status: int) -> Json:
    codes = [code for code in operation.codes if PROBLEMS[code].status == status]
    named = ["Retry-After"] if status in {429, 503} else ["WWW-Authenticate"] if status == 401 else []
    return {
        "description": ", ".join(f"`{code}`" for code in codes),
        "headers": {**_CORRELATION, **{name: {"$ref": f"#/components/headers/{name}"} for name in named}},
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": f"{_SCHEMAS}Problem"},
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }


if __name__ == "__main__":
    main()
