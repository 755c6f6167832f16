"""An expression that is serialised once says what it says when it is serialised for each request."""

import pytest
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Update

from chalicelib.adapters.dynamodb.expressions import Prepared, condition_parameters, update_parameters
from chalicelib.adapters.dynamodb.schema import AccessItem, Keyed, UsageItem


def test_a_prepared_condition_gets_the_values_of_each_request() -> None:
    prepared = Prepared({"KeyConditionExpression": (Keyed.pk == "pk") & Keyed.sk.startswith("prefix")})
    for pk, prefix in (("C#1#a", "I#"), ("C#1#b", "S#")):
        key_condition = (Keyed.pk == pk) & Keyed.sk.startswith(prefix)
        expected = condition_parameters(key_condition, "KeyConditionExpression")
        assert prepared.with_values({"S": pk}, {"S": prefix}) == expected


def test_a_prepared_update_gets_the_values_of_each_request() -> None:
    prepared = Prepared({"UpdateExpression": Update(UsageItem.ttl.set(0), UsageItem.day.add(0), Path("h10").add(0))})
    expected = update_parameters([UsageItem.ttl.set(99), UsageItem.day.add(1), Path("h10").add(2)])
    assert prepared.with_values({"N": "99"}, {"N": "1"}, {"N": "2"}) == expected


def test_a_condition_without_values_sends_none() -> None:
    absent = AccessItem.pk.does_not_exist()
    expected = {"ConditionExpression": "attribute_not_exists (#0)", "ExpressionAttributeNames": {"#0": "pk"}}
    assert Prepared({"ConditionExpression": absent}).with_values() == condition_parameters(absent) == expected


def test_a_prepared_expression_refuses_too_few_or_too_many_values() -> None:
    prepared = Prepared({"KeyConditionExpression": Keyed.pk == "pk"})
    for values in ((), ({"S": "a"}, {"S": "b"})):
        with pytest.raises(ValueError, match="argument 2"):
            prepared.with_values(*values)


def test_no_condition_adds_nothing() -> None:
    assert condition_parameters(None) == {}
