"""Conditions and updates, written with pynamodb's expressions, as the parameters of a request.

Every expression of the service is one of pynamodb's, so attribute names are checked where they are declared
(`schema.py`). To serialise one takes pynamodb 10 to 60 µs. What every lookup sends is therefore serialised once, as
`Prepared`; ADR 3 has the figures.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action, Update

Parameters = dict[str, Any]


def condition_parameters(condition: Condition | None, name: str = "ConditionExpression") -> Parameters:
    """`name`: which parameter of the request the condition is. Empty if there is no condition."""
    return {} if condition is None else _filled({name: condition})


def update_parameters(actions: Sequence[Action], condition: Condition | None = None) -> Parameters:
    update: dict[str, Condition | Update] = {"UpdateExpression": Update(*actions)}
    return _filled(update if condition is None else {**update, "ConditionExpression": condition})


class Prepared:
    """Expressions that are serialised once. Each request fills in its own values.

    The values given here are only fillers; `with_values` takes the real ones in the same order.
    """

    def __init__(self, expressions: Mapping[str, Condition | Update]) -> None:
        self._fixed, fillers = _serialised(expressions)
        self._placeholders = tuple(fillers)

    def with_values(self, *values: dict[str, Any]) -> Parameters:
        """`values`: typed as DynamoDB has them, such as `{"S": "text"}`."""
        filled = dict(zip(self._placeholders, values, strict=True))
        return {**self._fixed, "ExpressionAttributeValues": filled} if filled else {**self._fixed}


def _filled(expressions: Mapping[str, Condition | Update]) -> Parameters:
    fixed, values = _serialised(expressions)
    return {**fixed, "ExpressionAttributeValues": values} if values else fixed


def _serialised(expressions: Mapping[str, Condition | Update]) -> tuple[Parameters, dict[str, Any]]:
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    texts = {name: expression.serialize(names, values) for name, expression in expressions.items()}
    return {**texts, "ExpressionAttributeNames": {placeholder: name for name, placeholder in names.items()}}, values
