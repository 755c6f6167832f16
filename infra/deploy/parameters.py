"""The parameters of a stage: those of `stages/<stage>.json`, overridden by the command line."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .stack import NotDeployed

FOLDER = Path("stages")
_EXAMPLE = FOLDER / "example.json"


def parameters_of(
    stage: str, template: Mapping[str, Any], overrides: str = "", folder: Path = FOLDER
) -> dict[str, str]:
    """Returns the template's parameters by name. Raises NotDeployed if one is missing, unknown or not a string."""
    file = folder / f"{stage}.json"
    given = {**_read(file), **_overrides(overrides), "Stage": stage}
    known: Mapping[str, Any] = template["Parameters"]
    if unknown := sorted(given.keys() - known.keys()):
        raise NotDeployed(f"The template has no parameter {', '.join(unknown)}. It has: {', '.join(sorted(known))}.")
    missing = sorted(name for name, one in known.items() if "Default" not in one and not given.get(name))
    if missing:
        wanted = "\n".join(f"  {name}: {known[name].get('Description', 'must be given')}" for name in missing)
        raise NotDeployed(f"{file} lacks:\n{wanted}\n{_EXAMPLE} is an example.")
    if stage == "production" and not given.get("BrokerDeskCode"):
        raise NotDeployed(
            f"{file} lacks BrokerDeskCode. Without a desk nobody hears who looks for a shielded child in production."
        )
    return given


def settled(template: Mapping[str, Any], decided: Mapping[str, str]) -> dict[str, Any]:
    """Fills in the parameters to which functions and the API refer.

    SAM makes a new version only when the text of a function's properties changes, and does not follow references. A new
    value behind a reference would change the function, but not reach the version that the API calls. The same holds for
    the API: SAM deploys it again only when its text changes.
    """
    defaults = {name: str(one["Default"]) for name, one in template["Parameters"].items() if "Default" in one}
    values = {**defaults, **decided}
    settled_resources = {
        name: {**made, "Properties": _filled_in(made["Properties"], values)}
        for name, made in template["Resources"].items()
        if made["Type"] in ("AWS::Serverless::Function", "AWS::Serverless::Api")
    }
    shared = _filled_in(template.get("Globals", {}), values)
    return {**template, "Globals": shared, "Resources": {**template["Resources"], **settled_resources}}


def _filled_in(properties: Any, values: Mapping[str, str]) -> Any:
    match properties:
        case {"Ref": str(name), **rest} if name in values and not rest:
            return values[name]
        case dict():
            return {key: _filled_in(nested, values) for key, nested in properties.items()}
        case list():
            return [_filled_in(nested, values) for nested in properties]
    return properties


def _read(file: Path) -> dict[str, str]:
    try:
        content = json.loads(file.read_text())
    except FileNotFoundError:
        raise NotDeployed(f"There is no {file}. Copy {_EXAMPLE} to it and enter the values of the stage.") from None
    except ValueError as problem:
        raise NotDeployed(f"{file} is not JSON: {problem}") from None
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise NotDeployed(f"{file} must be a JSON object whose values are all strings, like {_EXAMPLE}.")
    return content


def _overrides(text: str) -> dict[str, str]:
    given = {}
    for word in shlex.split(text):
        name, separator, value = word.partition("=")
        if not separator:
            raise NotDeployed(
                "PARAMS must be Name=value pairs, for example: make deploy STAGE=dev PARAMS='WafRateLimit=500'"
            )
        given[name] = value
    return given
