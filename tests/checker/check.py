"""Recomputes a report from its events alone and compares every value.

    python3 check.py events.ndjson summary.json [--tz Europe/Berlin] [--holidays DATES|FILE]
                     [--as-of T] [--param late_days=90] [--dump OWN.json]

Prints each path that differs, with both values, and exits with 1; 0 if nothing differs. Nothing that a
report says of an indicator, of what was received or of reads is passed over: what the checker does not
recompute is told as a difference, too. The report must be made with k = 1: withheld values cannot be
compared. Written from INDICATORS.md and
CONTRACT.md; it shares no code with Readback.
"""

import argparse
import gzip
import json
import math
import os
import sys
from datetime import date

from indicators import compute
from model import PARAMETERS, Calendar, World, millis

TOLERANCE = 1e-9
# Limits from resamples, which are others here and there.
RESAMPLED = {path + end for path in ("T8.per_writeup.mean.", "L10.concentration.gini_") for end in ("lo", "hi")}
RESAMPLED_TOLERANCE = 0.05
# Where the likelihood is flat two searches end apart by the root of what a number can hold.
FLAT = "L7.decay.models"
FLAT_TOLERANCE = 1e-5
PASSED_OVER = "no such field"
# Lists that are matched by a key of their items, and which items must be there.
KEYED = {"L1.curve": "week", "T0.series": "month", "T0.cohorts": "month", "E1.series": "month", "A7.cohorts": "cohort"}


def main():
    arguments = parse()
    summary = None
    if arguments.summary:
        with open(arguments.summary, encoding="utf-8") as file:
            summary = json.load(file)
    own = recompute(arguments, summary or {})
    if arguments.dump:
        with open(arguments.dump, "w", encoding="utf-8") as file:
            json.dump(own, file, indent=1)
    if summary is None:
        return 0
    differences, compared = [], [0]
    for code, results in own["indicators"].items():
        theirs = summary.get("indicators", {}).get(code, {}).get("results")
        if theirs is None:
            differences.append((code, "results", "nothing"))
        else:
            compare(code, results, theirs, differences, compared)
    for code in summary.get("indicators", {}):
        if code not in own["indicators"]:
            differences.append((code, PASSED_OVER, "results"))
    for part in ("received", "reads"):
        theirs = summary.get("health", {}).get(part, {})
        compare(f"health.{part}", own["health"][part], theirs, differences, compared)
    for path, mine, theirs in differences:
        print(f"{path}: checker {mine!r}, report {theirs!r}")
    print(f"{compared[0]} values compared, {len(differences)} differ", file=sys.stderr)
    return 1 if differences else 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("events")
    parser.add_argument("summary", nargs="?")
    parser.add_argument("--tz")
    parser.add_argument("--holidays", default="", help="dates with commas, or a file of them")
    parser.add_argument("--as-of", help="RFC 3339, or a date: local midnight at its start")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--dump", help="writes what the checker found")
    return parser.parse_args()


def recompute(arguments, summary):
    organisation = summary.get("organisation", {})
    zone = arguments.tz or organisation.get("timezone") or "UTC"
    holidays = arguments.holidays
    if os.path.exists(holidays):
        with open(holidays, encoding="utf-8") as file:
            holidays = file.read()
    holidays = holidays.replace(",", " ").split() or organisation.get("holidays") or []
    calendar = Calendar(zone, holidays)
    parameters = dict(PARAMETERS)
    for name, value in (summary.get("parameters") or {}).items():
        if name in parameters and isinstance(value, (int, float)):
            parameters[name] = value
    for setting in arguments.param:
        name, _, value = setting.partition("=")
        parameters[name] = json.loads(value)
    as_of = arguments.as_of or summary.get("as_of")
    if as_of is None:
        sys.exit("--as-of is missing: there is no summary to take it from")
    as_of = calendar.midnight(date.fromisoformat(as_of)) if len(as_of) == 10 else millis(as_of)
    opener = gzip.open if arguments.events.endswith(".gz") else open
    with opener(arguments.events, "rt", encoding="utf-8") as lines:
        world = World(lines, as_of, calendar, parameters)
    results, reads = compute(world)
    received = {name: world.received[name] for name in (
        "lines", "duplicate_id", "future", "unknown_writeup", "after_delete", "bot", "excluded")}
    received["kept"] = {kind: len(events) for kind, events in world.kept.items()}
    # What is no event is refused, and a history that is simulated holds none.
    received["rejected"] = 0
    received["by_kind"] = by_kind(world)
    return {"indicators": results, "health": {"received": received, "reads": reads}}


def by_kind(world):
    """The same by kind. What is left out as generated or as a copy is in no history that is simulated."""
    found = {}
    for reason, events in [("kept", sum(world.kept.values(), [])), *world.left_out.items()]:
        for event in events:
            kind = found.setdefault(event["kind"], dict.fromkeys(
                ("events", "future", "unknown_writeup", "after_delete", "bot", "excluded", "not_counted", "kept"), 0))
            kind[reason] += 1
            kind["events"] += 1
    return found


def compare(path, mine, theirs, differences, compared):
    """No field may be missing on either side, unless there is nothing in it."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key, value in theirs.items():
            if key not in mine and holds(value):
                differences.append((f"{path}.{key}", PASSED_OVER, value))
        for key, value in mine.items():
            if key in theirs:
                compare(f"{path}.{key}", value, theirs[key], differences, compared)
            elif value not in (None, 0):
                differences.append((f"{path}.{key}", value, "no such field"))
    elif isinstance(mine, list) and isinstance(theirs, list):
        key = KEYED.get(path)
        if key:
            keyed(path, key, mine, theirs, differences, compared)
        elif len(mine) != len(theirs):
            differences.append((path, f"{len(mine)} items", f"{len(theirs)} items"))
        else:
            for n, (a, b) in enumerate(zip(mine, theirs)):
                compare(f"{path}[{n}]", a, b, differences, compared)
    else:
        compared[0] += 1
        if not same(mine, theirs, tolerance(path)):
            differences.append((path, mine, theirs))


def holds(value):
    """Whether a part of a report says anything."""
    if isinstance(value, dict):
        return any(map(holds, value.values()))
    return value not in (None, [])


def keyed(path, key, mine, theirs, differences, compared):
    """An item may be left out only where there is nothing to say in it."""
    shown = {item[key]: item for item in theirs}
    for item in mine:
        if item[key] in shown:
            compare(f"{path}[{item[key]}]", item, shown.pop(item[key]), differences, compared)
        elif key == "cohort":
            differences.append((f"{path}[{item[key]}]", item, "no such item"))
        elif key == "month" and any(item.get(n) for n in ("late_reads", "exposure", "writeups")):
            differences.append((f"{path}[{item[key]}]", item, "no such item"))
        elif key == "week" and item["week"] < 52 and item["exposure"] > 0:
            differences.append((f"{path}[{item[key]}]", item, "no such item"))
    for name, item in shown.items():
        if any(item.get(n) for n in ("k", "late_reads", "exposure", "writeups", "size")):
            differences.append((f"{path}[{name}]", "no such item", item))


def tolerance(path):
    if path in RESAMPLED:
        return RESAMPLED_TOLERANCE
    return FLAT_TOLERANCE if path.startswith(FLAT) else TOLERANCE


def same(mine, theirs, tolerance):
    # From where to where it may lie.
    if isinstance(mine, tuple):
        return theirs is not None and mine[0] - TOLERANCE <= theirs <= mine[1] + TOLERANCE
    if isinstance(mine, bool) or isinstance(theirs, bool) or mine is None or theirs is None:
        return mine is theirs
    if isinstance(mine, str) or isinstance(theirs, str):
        return mine == theirs
    return math.isclose(mine, theirs, rel_tol=tolerance, abs_tol=1e-12)


if __name__ == "__main__":
    sys.exit(main())
