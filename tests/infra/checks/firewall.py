"""Promises about the firewall in front of the API."""

from infra.check.packaging import Template

from .reading import Check, Problems, resources

_MANAGED_RULES = ("AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet")
_COUNTED_ONLY = {"SizeRestrictions_BODY", "NoUserAgent_HEADER", "RestrictedExtensions_URIPATH"}


def the_firewall_knows_its_rules_and_shows_no_requests(template: Template) -> Problems:
    [firewall] = resources(template, "AWS::WAFv2::WebACL").values()
    rate, *managed = firewall["Rules"]
    if firewall["DefaultAction"] != {"Allow": {}}:
        yield "blocks everybody"
    counts = {"RateBasedStatement": {"AggregateKeyType": "IP", "Limit": {"Ref": "WafRateLimit"}}}
    if (rate.get("Action"), rate["Statement"]) != ({"Block": {}}, counts):
        yield "no rate rule"
    groups = {rule["Statement"]["ManagedRuleGroupStatement"]["Name"]: rule for rule in managed}
    yield from (f"{name} is only in the template or only in the list" for name in groups.keys() ^ {*_MANAGED_RULES})
    for name, rule in groups.items():
        if rule.get("OverrideAction") != {"None": {}}:
            yield f"{name} is counted only"
        overridden = rule["Statement"]["ManagedRuleGroupStatement"].get("RuleActionOverrides", [])
        if any(one["ActionToUse"] != {"Count": {}} or one["Name"] not in _COUNTED_ONLY for one in overridden):
            yield f"{name}: an unlisted rule of it is counted only"
    counted = groups["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    if {one["Name"] for one in counted} != _COUNTED_ONLY:
        yield "blocks bodies, clients or references that the API accepts"
    for made in (firewall, *firewall["Rules"]):
        if made["VisibilityConfig"]["SampledRequestsEnabled"] is not False:
            yield "samples show paths and tokens"


CHECKS: list[Check] = [the_firewall_knows_its_rules_and_shows_no_requests]
