"""Turns units into pounds: for a million lookups, and for a year at three loads. The prices are in `prices.toml`."""

import math
import re
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.adapters.dynamodb.registry import REFRESH_AFTER
from chalicelib.adapters.dynamodb.usage import SETTLED_AT_ONCE
from chalicelib.domain.access_records import KEPT_YEARS
from chalicelib.domain.merkle import HASH_BYTES
from infra.check.packaging import packaged_template

from .units import CHANGED_INDEX_KEY, NOTICES, NOTICES_READ

PRICES = tomllib.loads(Path(__file__).with_name("prices.toml").read_text())
CODE = Path(__file__).parents[1] / "chalicelib"
CONTACTPOINT_A_YEAR = 41_000_000

# Assumptions, because no emulator shows these: how long each piece of work occupies a 1 GB function on Lambda, and how
# much Lambda and the gateway log besides our line. `bench/lookups.py` measures the CPU in it; the rest waits for
# DynamoDB and KMS.
LOOKUP_SECONDS = 0.040
BATCH_ROW_SECONDS = 0.012
GATHER_SECONDS, CLOSE_SECONDS = 0.020, 0.100
BATCH, MINUTES_A_YEAR = 100, 525_600  # access records whose leaves are gathered at once
PLATFORM_LOG_BYTES = 350
GATEWAY_LOG_BYTES = 420
WORKING_DAYS = 250
ROWS_A_CHILD = 1.3
# The size of a record as the tests register it; of its register entry, with its item in the index `due`; and of a
# lookup in the index `day`. DynamoDB adds ITEM_OVERHEAD_BYTES to each stored item.
ROW_BYTES, ENTRY_BYTES, INDEX_ENTRY_BYTES = 550, 330 + 40, 130
ITEM_OVERHEAD_BYTES = 100
TRACED = 0.02  # infra/template/gateway.yaml
CHANGED_NIGHTLY = 0.002
REGISTRY_BYTES, SALT_BYTES = 900, 100
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
    """Returns dollars for `number` lookups of a child with one involvement, the most common child that is known."""
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


def kept(units: Units, number: float) -> Lines:
    """Returns the later cost of `number` lookups: their access records, kept for six years in the table, its backup and
    its index. Only a sixth of it falls into the year of the lookup."""
    bytes_ = (units["lookup of 1"]["appended_bytes"] + ITEM_OVERHEAD_BYTES) * number
    price = PRICES["per_unit"]
    month = bytes_ * (price["dynamodb_gb_month"] + price["dynamodb_backup_gb_month"])
    month += (INDEX_ENTRY_BYTES + ITEM_OVERHEAD_BYTES) * number * price["dynamodb_gb_month"]
    return {"access records, six years": month / 1e9 * 12 * KEPT_YEARS}


def trail(units: Units, number: float) -> Lines:
    """Returns the cost of the parameter Trail, if it is on: a data event for each call to a table. Leaves out
    storage."""
    one = units["lookup of 1"]
    calls = sum(one["calls"].values()) - one["kms_calls"]
    return {"CloudTrail data events": number * calls * PRICES["per_million"]["cloudtrail_data_event"] / 1e6}


def notices(units: Units, number: float) -> Lines:
    """Returns what `number` lookups add if each notifies one owner. In a quiet hour each lookup invokes the stream
    functions once, in a busy one less often. The owner reads the notice, which makes another access record."""
    million, reading = PRICES["per_million"], units[NOTICES_READ]
    read = units["lookup of 1"]["read_units"] * 2 + reading["read_units"] / NOTICES
    written = 3 * 2 + reading["write_units"] / NOTICES  # head, notice and source in a transaction
    logged = (units["lookup of 1"]["log_bytes"] + PLATFORM_LOG_BYTES) / 1e9 * PRICES["per_unit"]["log_gb_ingested"]
    dynamodb = read * million["dynamodb_read_unit"] + written * million["dynamodb_write_unit"]
    return {
        "Lambda": (million["lambda_request"] / 1e6 + _gb_seconds(LOOKUP_SECONDS)) * number,
        "DynamoDB": dynamodb / 1e6 * number,
        "logs": logged * number,
    }


def gathered(number: float) -> Lines:
    """Returns what `number` access records add to the sealed history: one read of each, and their leaves, which are
    written, deleted and written anew, the last two in a transaction, which doubles them."""
    million = PRICES["per_million"]
    leaves = BATCH * HASH_BYTES / 1024
    units = 3 * math.ceil(leaves) + 2 * leaves
    batch = BATCH * million["dynamodb_read_unit"] + units * million["dynamodb_write_unit"] + million["lambda_request"]
    return {"gathering leaves": number / BATCH * (batch / 1e6 + _gb_seconds(GATHER_SECONDS))}


def minutes_of_a_year() -> Lines:
    """Returns a year's cost of closing every minute, however quiet. Leaves out storage."""
    million = PRICES["per_million"]
    one = 8 * million["dynamodb_write_unit"] + 3 * million["dynamodb_read_unit"] + million["lambda_request"]
    one += million["kms_signature"] + _gb_seconds(CLOSE_SECONDS) * 1e6
    return {"closing minutes": one * MINUTES_A_YEAR / 1e6}


def feed(units: Units, load: Load) -> Lines:
    """Returns the cost of a year of nightly feeds, each with every row again, in batches of 100."""
    rows = load.children * ROWS_A_CHILD * 365
    million, unchanged, changed = PRICES["per_million"], units["unchanged PUT"], units["changed PUT"]
    read = unchanged["read_units"] * million["dynamodb_read_unit"]
    # Every 28 days an unchanged row is confirmed, which is a write.
    share = CHANGED_NIGHTLY + 1 / 28
    written = share * (changed["write_units"] + CHANGED_INDEX_KEY) * million["dynamodb_write_unit"]
    # The watcher looks for the access record that explains the row, and for the one that explains the entry.
    written += share * 2 * million["dynamodb_read_unit"]
    return {
        "API Gateway and WAF": rows / 100 * (million["api_gateway_request"] + million["waf_request"]) / 1e6,
        "Lambda": rows * _gb_seconds(BATCH_ROW_SECONDS),
        "DynamoDB": rows * (read + written) / 1e6,
        "KMS": rows * share * million["kms_request"] / 1e6,
    }


def storage(load: Load) -> Lines:
    """Returns a year's cost of the involvements and their register entries, with point-in-time recovery."""
    rows = load.children * ROWS_A_CHILD * (ROW_BYTES + ENTRY_BYTES + 3 * ITEM_OVERHEAD_BYTES)
    per_month = PRICES["per_unit"]["dynamodb_gb_month"] + PRICES["per_unit"]["dynamodb_backup_gb_month"]
    return {"involvements": rows / 1e9 * per_month * 12}


def standing(units: Units) -> Lines:
    """Returns a year's fixed costs, which do not depend on use. Counts resources in the template and metrics in the
    code."""
    with tempfile.TemporaryDirectory() as folder:
        resources = packaged_template(Path(folder))["Resources"].values()
    month = PRICES["per_month"]

    def count(kind: str) -> int:
        return sum(resource["Type"] == kind for resource in resources)

    keys = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::KMS::Key"]
    replicas = sum(key.get("MultiRegion", False) is True for key in keys)
    [acl] = [r["Properties"] for r in resources if r["Type"] == "AWS::WAFv2::WebACL"]
    metrics = len(custom_metrics(units)) + count("AWS::Logs::MetricFilter")
    return {
        "KMS keys": (len(keys) * month["kms_key"] + replicas * month["kms_replica_key"]) * 12,
        "WAF": (month["waf_acl"] + len(acl["Rules"]) * month["waf_rule"]) * 12,
        "metrics, alarms, dashboard": (
            metrics * month["custom_metric"] + count("AWS::CloudWatch::Alarm") * month["alarm"] + month["dashboard"]
        )
        * 12,
    }


def custom_metrics(units: Units) -> set[str]:
    """Returns every metric that the code can send: what it counts, what it times, and the time of each AWS operation.

    CloudWatch bills a metric only for the hours in which it was sent, so this gives an upper bound.
    """
    code = "".join(path.read_text() for path in CODE.rglob("*.py"))
    counted = re.findall(r'"([A-Z]\w+)"', " ".join(re.findall(r"meter\(([^)]*)\)", code)))
    failing = {f"{service}Failures" for service in re.findall(r'aws_errors\("(\w+)"\)', code)}
    timed = {f"{operation}Latency" for one in units.values() for operation in one["calls"]} | {"DecryptLatency"}
    return {*counted, *failing, *timed, *re.findall(r'"(\w*Latency)"', code)}


def measure(units: Units) -> dict[str, Any]:
    """Returns everything in pounds."""
    fixed = standing(units)
    years = {}
    for load in LOADS:
        asked = load.lookups_a_day * WORKING_DAYS
        parts = {
            "lookups": lookups(units, asked, load),
            "notices": notices(units, asked),
            "nightly feeds": feed(units, load),
            "involvements' storage": storage(load),
            "access records' storage": kept(units, asked),
            "sealed history": gathered(asked) | minutes_of_a_year(),
            "standing": fixed,
        }
        years[load.name] = {name: _pounds(sum(lines.values())) for name, lines in parts.items()}
        years[load.name]["in all"] = round(sum(years[load.name].values()), 2)
    return {
        "million": million_lookups(units),
        "metrics": len(custom_metrics(units)),
        "year": years,
        "contactpoint_a_year": CONTACTPOINT_A_YEAR,
        "noted_on": PRICES["noted_on"].isoformat(),
        "pounds_per_dollar": PRICES["pounds_per_dollar"],
    }


def million_lookups(units: Units) -> dict[str, Lines]:
    """Returns the cost of a million lookups in pounds: what counts for the target, and what does not."""
    not_counted = {
        "notices": sum(notices(units, 1e6).values()),
        "sealed history": sum(gathered(1e6).values()),
        **kept(units, 1e6),
        **trail(units, 1e6),
    }
    return {"counted": _in_pounds(lookups(units, 1e6, LOADS[1])), "not_counted": _in_pounds(not_counted)}


def _refresh_units(load: Load) -> float:
    """Returns a lookup's share of the reads that keep the registry fresh: one per warm container in `REFRESH_AFTER`."""
    whole = load.authorities * (REGISTRY_BYTES + SALT_BYTES + 60) / 4096 + 1
    busy = max(1.0, load.lookups_a_day / WORKING_SECONDS * LOOKUP_SECONDS)
    lookups_between = max(1.0, load.lookups_a_day / WORKING_SECONDS * REFRESH_AFTER.seconds / busy)
    return whole / lookups_between


def _gb_seconds(seconds: float) -> float:
    return seconds * float(PRICES["per_unit"]["lambda_arm64_gb_second"])


def _pounds(dollars: float) -> float:
    return round(dollars * float(PRICES["pounds_per_dollar"]), 2)


def _in_pounds(lines: Lines) -> Lines:
    return {name: _pounds(dollars) for name, dollars in lines.items()}
