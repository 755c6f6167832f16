"""Units to pounds: a million lookups, and a year at three loads. Prices stand in `prices.toml`, assumptions here."""

import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.adapters.usage import SETTLED_AT_ONCE
from infra.check.packaging import packaged_template

from .units import MOVED_IN_INDEX

PRICES = tomllib.loads(Path(__file__).with_name("prices.toml").read_text())
CONTACTPOINT_A_YEAR = 41_000_000

# Assumed, since no emulator can tell: what a request occupies of a 1 GB function on Lambda, and what Lambda and the
# gateway log beside our line. `bench/lookups.py` measures the CPU in it; the rest is waiting for DynamoDB and KMS.
LOOKUP_SECONDS = 0.040
BATCH_ROW_SECONDS = 0.012
PLATFORM_LOG_BYTES = 350
GATEWAY_LOG_BYTES = 420
WORKING_DAYS = 250
ROWS_A_CHILD = 1.3
ROW_BYTES, ENTRY_BYTES, ACCESS_BYTES = 750, 380, 650
TRACED = 0.02  # infra/template/gateway.yaml
CHANGED_NIGHTLY = 0.002
ACCESS_KEPT_YEARS = 6
REGISTRY_BYTES, SALT_BYTES = 900, 100
REFRESH_SECONDS = 30
WORKING_SECONDS = 10 * 3600


@dataclass(frozen=True)
class Load:
    name: str
    children: int
    lookups_a_day: int
    authorities: int


LOADS = (
    Load("one authority", 13_000, 82, 1),
    Load("national: 2 million children", 2_000_000, 12_500, 160),
    Load("ContactPoint's design: 11 million children", 11_000_000, 90_000, 160),
)

Lines = dict[str, float]
Units = Mapping[str, Mapping[str, Any]]


def lookups(units: Units, number: float, load: Load) -> Lines:
    """Dollars for `number` lookups of a child with one involvement, the commonest question that has an answer."""
    one, million = units["lookup of 1"], PRICES["per_million"]
    refresh = _refresh_units(load)
    logged = one["log_bytes"] + PLATFORM_LOG_BYTES + GATEWAY_LOG_BYTES
    each: Lines = {
        "API Gateway": million["api_gateway_request"] / 1e6,
        "WAF": million["waf_request"] / 1e6,
        "Lambda": million["lambda_request"] / 1e6 + _gb_seconds(LOOKUP_SECONDS),
        "DynamoDB": (
            (one["read_units"] + refresh) * million["dynamodb_read_unit"]
            + (one["write_units"] + 1 / SETTLED_AT_ONCE) * million["dynamodb_write_unit"]
        )
        / 1e6,
        "traces": TRACED * million["xray_trace"] / 1e6,
        "KMS": one["kms_calls"] * million["kms_request"] / 1e6,
        "logs": logged / 1e9 * PRICES["per_unit"]["log_gb_ingested"],
        "data out": one["response_bytes"] / 1e9 * PRICES["per_unit"]["data_out_gb"],
    }
    return {name: dollars * number for name, dollars in each.items()}


def notices(units: Units, number: float) -> Lines:
    """What the stream functions add to `number` lookups: one invocation each at a quiet hour, fewer when busy."""
    million = PRICES["per_million"]
    read = units["lookup of 1"]["read_units"] * 2 * million["dynamodb_read_unit"]
    written = 3 * 2 * million["dynamodb_write_unit"]  # head, notice, source, each in a transaction, for one owner
    logged = (units["lookup of 1"]["log_bytes"] + PLATFORM_LOG_BYTES) / 1e9 * PRICES["per_unit"]["log_gb_ingested"]
    return {
        "Lambda": (million["lambda_request"] / 1e6 + _gb_seconds(LOOKUP_SECONDS)) * number,
        "DynamoDB": (read + written) / 1e6 * number,
        "logs": logged * number,
    }


def feed(units: Units, load: Load) -> Lines:
    """A year of nights in which every row is sent again, in batches of 100."""
    rows = load.children * ROWS_A_CHILD * 365
    million, unchanged, changed = PRICES["per_million"], units["unchanged PUT"], units["changed PUT"]
    read = unchanged["read_units"] * million["dynamodb_read_unit"]
    # Every 28 days an unchanged row is confirmed, as a write.
    share = CHANGED_NIGHTLY + 1 / 28
    written = share * (changed["write_units"] + MOVED_IN_INDEX) * million["dynamodb_write_unit"]
    return {
        "API Gateway and WAF": rows / 100 * (million["api_gateway_request"] + million["waf_request"]) / 1e6,
        "Lambda": rows * _gb_seconds(BATCH_ROW_SECONDS),
        "DynamoDB": rows * (read + written) / 1e6,
        "KMS": rows * share * million["kms_request"] / 1e6,
    }


def storage(load: Load) -> Lines:
    """A year, with seven days of point-in-time recovery and six years of access records."""
    rows = load.children * ROWS_A_CHILD * (ROW_BYTES + ENTRY_BYTES)
    access = load.lookups_a_day * WORKING_DAYS * ACCESS_KEPT_YEARS * ACCESS_BYTES
    per_month = PRICES["per_unit"]["dynamodb_gb_month"] + PRICES["per_unit"]["dynamodb_backup_gb_month"]
    return {"tables and backup": (rows + access) / 1e9 * per_month * 12}


def standing() -> Lines:
    """A year of what is paid for being there; counted in the template."""
    with tempfile.TemporaryDirectory() as folder:
        resources = packaged_template(Path(folder))["Resources"].values()
    month = PRICES["per_month"]

    def count(kind: str) -> int:
        return sum(resource["Type"] == kind for resource in resources)

    keys = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::KMS::Key"]
    replicas = sum(key.get("MultiRegion", False) is True for key in keys)
    [acl] = [r["Properties"] for r in resources if r["Type"] == "AWS::WAFv2::WebACL"]
    alarmed = {
        (r["Properties"].get("Namespace"), r["Properties"].get("MetricName"))
        for r in resources
        if r["Type"] == "AWS::CloudWatch::Alarm"
    }
    metrics = len([1 for namespace, _ in alarmed if namespace == "KnownTo"]) + 25
    return {
        "KMS keys": (len(keys) * month["kms_key"] + replicas * month["kms_replica_key"]) * 12,
        "WAF": (5 + len(acl["Rules"]) * month["waf_acl_and_rule"]) * 12,
        "metrics, alarms, dashboard": (
            metrics * month["custom_metric"] + count("AWS::CloudWatch::Alarm") * month["alarm"] + month["dashboard"]
        )
        * 12,
    }


def measure(units: Units) -> dict[str, Any]:
    """Pounds."""
    fixed = standing()
    years = {}
    for load in LOADS:
        asked = load.lookups_a_day * WORKING_DAYS
        parts = {
            "lookups": sum(lookups(units, asked, load).values()),
            "notices": sum(notices(units, asked).values()),
            "nightly feeds": sum(feed(units, load).values()),
            "storage": sum(storage(load).values()),
            "standing": sum(fixed.values()),
        }
        years[load.name] = {name: _pounds(dollars) for name, dollars in parts.items()}
        years[load.name]["in all"] = round(sum(years[load.name].values()), 2)
    million = lookups(units, 1e6, LOADS[1])
    return {
        "million_lookups": {name: _pounds(dollars) for name, dollars in million.items()},
        "million_lookups_in_all": _pounds(sum(million.values())),
        "million_lookups_notices": _pounds(sum(notices(units, 1e6).values())),
        "year": years,
        "contactpoint_a_year": CONTACTPOINT_A_YEAR,
        "noted_on": PRICES["noted_on"].isoformat(),
    }


def _refresh_units(load: Load) -> float:
    """A lookup's share of the reads that keep the registry fresh: one in `REFRESH_SECONDS` for each warm container."""
    whole = load.authorities * (REGISTRY_BYTES + SALT_BYTES + 60) / 4096 + 1
    busy = max(1.0, load.lookups_a_day / WORKING_SECONDS * LOOKUP_SECONDS)
    lookups_between = max(1.0, load.lookups_a_day / WORKING_SECONDS * REFRESH_SECONDS / busy)
    return whole / lookups_between


def _gb_seconds(seconds: float) -> float:
    return seconds * float(PRICES["per_unit"]["lambda_arm64_gb_second"])


def _pounds(dollars: float) -> float:
    return round(dollars * float(PRICES["pounds_per_dollar"]), 2)
