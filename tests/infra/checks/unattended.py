"""Promises about what runs unattended: it sees what it must see, and what it cannot do is told of."""

from typing import Any

from infra.check.packaging import Template

from .reading import Check, Faults, functions

_OF_CHILDREN = '{"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "C#"}]}}}}'
# function -> the table whose stream feeds it, and the changes that it may be spared
_WATCHERS = {
    "watch_involvements": ("InvolvementsTable", None),
    "watch_access": ("AccessTable", '{"eventName": ["MODIFY", "REMOVE"]}'),
    "post_notices": ("AccessTable", _OF_CHILDREN),
}
_FIRST_TO_LAST = "TRIM_HORIZON"


def watchers_miss_nothing_and_stop_at_nothing(template: Template) -> Faults:
    for name, (table, spared) in _WATCHERS.items():
        feed = _feed(template, name)
        if feed["Stream"] != {"Fn::GetAtt": [table, "StreamArn"]} or feed["StartingPosition"] != _FIRST_TO_LAST:
            yield f"{name} does not see every change of {table}"
        if feed.get("FilterCriteria") != (None if spared is None else {"Filters": [{"Pattern": spared}]}):
            yield f"{name} is spared other changes than meant"
        if feed.get("BisectBatchOnFunctionError") is not True or not 0 < feed.get("MaximumRetryAttempts", -1) <= 100:
            yield f"{name}: one bad record stops the stream"


def _feed(template: Template, name: str) -> dict[str, Any]:
    [event] = functions(template)[name]["Events"].values()
    properties: dict[str, Any] = event["Properties"]
    return properties


CHECKS: list[Check] = [
    watchers_miss_nothing_and_stop_at_nothing,
]
