"""The sections about single requests: against the floor, at a cold start, and what they consume."""

from ..lookups import FLOOR, OURS
from ..request_parts import LOG_LINE, SEALING, TOKEN
from .markdown import Results, spread, table, verdict

_FLOOR_COLUMNS = (
    "",
    "CPU, ours / floor",
    "the same without token and sealing",
    "ms of CPU, ours / floor",
    "of ours, ms: token",
    "sealing",
    "log line",
    "CPU with ministack",
    "wall with ministack",
)


def floor(results: Results) -> str:
    of_one = results["lookups"]["lookups"][1]["stubbed"]
    return (
        "## Against the floor\n\n"
        "The floor (`bench/floor.py`) is written by hand on bare botocore. Its clients are set up like ours; it makes the same\n"
        "AWS calls with items as large, and answers with as much text. It has no token, no sealing, no routing, no log line. The\n"
        "table shows ours as a multiple of it, with HTTP stubbed unless a column says otherwise. Verifying the token (Ed25519),\n"
        "opening and sealing, and the log line are also measured alone, in the same turns (`bench/request_parts.py`). Token and\n"
        "sealing are the purpose of the product, so the second column leaves them out. Every tenth lookup of ours makes one more\n"
        "call.\n\n"
        f"The target for one involvement is 1.3: {verdict(of_one['cpu_ratio'], 1.3)}; without token and sealing "
        f"{verdict(of_one['cpu_without_parts'], 1.3)}.\n"
        "The remainder is routing, strict reading, deciding and the log line with its metrics, in many small parts.\n\n"
        + table(_FLOOR_COLUMNS, _floor_rows(results))
    )


def _floor_rows(results: Results) -> list[tuple[str, ...]]:
    lookups = {
        f"lookup, {known} involvement{'' if known == 1 else 's'}": found
        for known, found in results["lookups"]["lookups"].items()
    }
    rows = []
    for name, found in {**lookups, "PUT of a new record": results["lookups"]["put"]}.items():
        stubbed, real = found["stubbed"], found["ministack"]
        cpu = {part: one["median"] / 1000 for part, one in stubbed["cpu"].items()}
        rows.append(
            (
                name,
                spread(stubbed["cpu_ratio"]),
                spread(stubbed["cpu_without_parts"]),
                f"{cpu[OURS]:.2f} / {cpu[FLOOR]:.2f}",
                *(f"{cpu[part]:.2f}" for part in (TOKEN, SEALING, LOG_LINE)),
                spread(real["cpu_ratio"]),
                spread(real["wall_ratio"]),
            )
        )
    return rows


def cold_start(results: Results) -> str:
    cold = results["cold"]
    shares = ", ".join(f"{name} {share} %" for name, share in cold["imports"].items())
    return (
        "## Cold start\n\n"
        "From the first import to ready clients, with the packaged zip. The floor is bare botocore, packaged the same way: the\n"
        "same slim botocore and the same three clients, and neither collects garbage meanwhile. "
        f"The target is 1.25: {verdict(cold['cpu_ratio'], 1.25)} (CPU).\n"
        "Ours also loads chalice, pynamodb, powertools, msgspec, PyJWT and cryptography. The API's function loads no module of\n"
        "the console or unattended functions.\n\n"
        + table(
            ("", "ours", "floor", "ratio"),
            [
                ("wall, ms", spread(cold["ours_ms"]), spread(cold["floor_ms"]), spread(cold["wall_ratio"])),
                ("CPU", "", "", spread(cold["cpu_ratio"])),
            ],
        )
        + f"\n\nThe zip for {cold['arch']} has {cold['zip_bytes'] / 1e6:.2f} MB. Shares of importing: {shares}."
    )


def consumption(results: Results) -> str:
    rows = [
        (
            name,
            f"{sum(one['calls'].values())}",
            f"{one['read_units']:g}",
            f"{one['write_units']:g}",
            one["kms_calls"],
            one["log_bytes"],
            one["response_bytes"],
        )
        for name, one in results["units"].items()
    ]
    columns = ("", "AWS calls", "read units", "write units", "KMS calls", "bytes logged", "bytes answered")
    return (
        "## What a request consumes\n\n"
        "With a warm container. `bench/units.py` works out the capacity units from the items that crossed the wire, because the\n"
        "emulator's figures are wrong. Steps in series are in [measured.md](measured.md).\n\n" + table(columns, rows)
    )
