"""The schemas of what callers send and of what they receive, from the wire types.

What is sent is closed: an unknown word is refused. What is answered is open, because a caller must survive a word or a
form that a later version adds: a known word is only an example, and the forms of one entry are one schema.
"""

import inspect
from collections.abc import Iterable
from typing import Any

import msgspec

from chalicelib.adapters.http.problems import PROBLEMS

from .descriptions import describe
from .examples import Json

ROOT = "#/components/schemas/"
_SENT = "chalicelib.adapters.http.requests."
_PATCHES = ("Amendment", "PractitionerPatch", "TeamPatch")


def schemas_of(sent: Iterable[type], answered: Iterable[type]) -> tuple[dict[type, Json], Json]:
    """The schema of each type, and the components that they refer to."""
    sent = tuple(dict.fromkeys(sent))
    types = (*sent, *dict.fromkeys(answered))
    made, components = msgspec.json.schema_components(types, ref_template=ROOT + "{name}")
    schemas = {kind: _tidy(schema) for kind, schema in zip(types, made, strict=True)}
    named = {_name(name): _tidy(schema) for name, schema in components.items()}
    for name in [*named]:
        for field in named.get(name, {}).get("properties", {}).values():
            _join_forms(field.get("items", {}), named)
    named["Problem"]["properties"]["code"] = {"type": "string", "enum": [*PROBLEMS]}
    describe(named)
    closed = _reached([schemas[kind] for kind in sent], named)
    words = {name: schema for name, schema in named.items() if "enum" in schema}
    for name in _PATCHES:
        named[name]["minProperties"] = 1
    opened = {name: _opened(named[name], words) for name in named.keys() - closed - words.keys()}
    return schemas, dict(sorted({**opened, **{name: named[name] for name in closed}}.items()))


def _reached(part: Any, components: Json) -> set[str]:
    """The names of all components that a schema refers to, directly or through others."""
    if isinstance(part, list):
        return set[str]().union(*(_reached(one, components) for one in part))
    if not isinstance(part, dict):
        return set()
    named = part["$ref"].removeprefix(ROOT) if isinstance(part.get("$ref"), str) else None
    inner = _reached([*part.values()], components)
    return inner if named is None else inner | {named} | _reached(components[named], components)


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
        tidy["$ref"] = ROOT + _name(tidy["$ref"].removeprefix(ROOT))
    if "enum" in tidy:
        tidy.setdefault("type", "string")
    if isinstance(tidy.get("description"), str):
        tidy["description"] = " ".join(inspect.cleandoc(tidy["description"]).split())
    return tidy


def _join_forms(items: Json, components: Json) -> None:
    """Makes one schema of the forms that the items of a list may have, under the name of the first. A field that only
    some forms have is not required. Generated clients would lose the whole answer at a form that they do not know."""
    if "discriminator" not in items:
        return
    first, *others = [option["$ref"].removeprefix(ROOT) for option in items["anyOf"]]
    forms = [components[name] for name in (first, *others)]
    tag = items["discriminator"]["propertyName"]
    joined: Json = {}
    for form in forms:
        for field, schema in form["properties"].items():
            if field not in joined or "anyOf" in schema:  # null in one form is null in the joined one
                joined[field] = schema
    joined[tag] = {"type": "string", "enum": [word for form in forms for word in form["properties"][tag]["enum"]]}
    required = [field for field in forms[0]["required"] if all(field in form["required"] for form in forms)]
    components[first] = {**forms[0], "properties": joined, "required": required}
    for name in others:
        del components[name]
    items.clear()
    items["$ref"] = ROOT + first


def _opened(schema: Any, words: Json) -> Any:
    """The schema with every list of words made open."""
    if isinstance(schema, list):
        return [_opened(one, words) for one in schema]
    if not isinstance(schema, dict):
        return schema
    held = {name: _opened(value, words) for name, value in schema.items()}
    reference = held.get("$ref")
    if isinstance(reference, str) and (named := reference.removeprefix(ROOT)) in words:
        del held["$ref"]
        held = {**words[named], **held}
    if "enum" in held:
        held["examples"] = held.pop("enum")
    return held
