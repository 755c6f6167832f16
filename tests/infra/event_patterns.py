"""Applies EventBridge's event patterns, as far as our rules use them, to events of CloudTrail."""

import re
from fnmatch import fnmatchcase
from typing import Any

STAGE, ACCOUNT, REGION = "dev", "111122223333", "eu-west-2"
_SUBSTITUTES = {
    "Stage": STAGE,
    "StageRegion": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
}


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/knownto-{STAGE}-{name}"


def call(source: str, name: str, by: str = "arn:aws:iam::1:user/eve", **detail: Any) -> dict[str, Any]:
    """The event of one call, as CloudTrail sends it."""
    return {
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "sourceIPAddress": "192.0.2.7",
            "userIdentity": {"type": "IAMUser", "arn": by},
            **detail,
        },
    }


def settled(value: Any, template: dict[str, Any]) -> Any:
    """Fills in names and ARNs as CloudFormation does."""
    match value:
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([\w:]+)\}", lambda named: _SUBSTITUTES[named[1]], text)
        case {"Fn::GetAtt": [str(name), "Arn"]} | {"Fn::GetAtt": str(name)}:
            return _arn(template["Resources"][name.removesuffix(".Arn")], name, template)
        case dict():
            return {key: settled(nested, template) for key, nested in value.items()}
        case list():
            return [settled(nested, template) for nested in value]
    return value


def _arn(made: dict[str, Any], name: str, template: dict[str, Any]) -> str:
    if made["Type"] == "AWS::IAM::Role":
        return f"arn:aws:iam::{ACCOUNT}:role/{settled(made['Properties']['RoleName'], template)}"
    return f"arn:of:{name}"


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """A field that is missing matches nothing."""
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(matches(one, event) for one in wanted):
                return False
        elif not isinstance(event, dict) or name not in event:
            return False
        elif isinstance(wanted, dict):
            found = event[name] if isinstance(event[name], list) else [event[name]]
            if not any(matches(wanted, one) for one in found):
                return False
        else:
            found = event[name] if isinstance(event[name], list) else [event[name]]
            if not any(_is(one, value) for one in wanted for value in found):
                return False
    return True


def _is(wanted: Any, value: Any) -> bool:
    match wanted:
        case {"prefix": str(text)}:
            return str(value).startswith(text)
        case {"wildcard": str(text)}:
            return fnmatchcase(str(value), text.replace("[", "[[]"))
        case {"anything-but": refused}:
            return value not in (refused if isinstance(refused, list) else [refused])
    return bool(value == wanted)
