"""The section about money."""

from .markdown import Results, table

_WHY_NOT_COUNTED = {
    "notices": "not counted in the target; each goes to one owner, who reads it",
    "sealed history": "not counted in the target: each access record goes into it once",
    "access records, six years": "not counted: due month by month for six years after the lookup",
    "CloudTrail data events": "not counted: of lookups only with `Trail=data`",
}


def section(results: Results) -> str:
    money = results["cost"]
    names = list(next(iter(money["year"].values())))
    years = [(name, *(f"£{year[part]:,.0f}" for part in names)) for name, year in money["year"].items()]
    return (
        "## Cost\n\n"
        f"With the list prices noted on {money['noted_on']} in `bench/prices.toml`, at £{money['pounds_per_dollar']} a dollar. This is no\n"
        "quotation. The assumptions are at the top of `bench/cost.py`. A million lookups at the national load:\n\n"
        + table(("", "a million lookups", ""), million(money["million"]))
        + "\n\nA year in which every record is sent again every night. The access records' storage is what the year's lookups will\n"
        'have cost after six years. "Standing" is keys, WAF, alarms and at most '
        f"{money['metrics']} custom metrics, counted in the\n"
        "template and the code:\n\n"
        + table(("load", *names), years)
        + f"\n\nContactPoint cost £{money['contactpoint_a_year']:,} a year. That was a whole programme: people, support, training, hosting.\n"
        "The sums here are AWS's charges alone, so only the order of magnitude compares."
    )


def million(money: Results) -> list[tuple[str, str, str]]:
    counted, not_counted = money["counted"], money["not_counted"]
    rows = [(name, f"£{pounds:.2f}", "") for name, pounds in counted.items()]
    rows.append(("**in all**", f"**£{sum(counted.values()):.2f}**", "the target is £10"))
    rows += [(name, f"£{pounds:.2f}", _WHY_NOT_COUNTED[name]) for name, pounds in not_counted.items()]
    whole = sum(counted.values()) + sum(not_counted.values())
    return [*rows, ("with all of these", f"£{whole:.2f}", "")]
