"""Random rules of recurrence, each with its occurrences as python-dateutil works them out.

usage: recurrence.py SEED COUNT

One object of JSON a line: `start` (local time), `zone`, `rule` and `expected`, the occurrences before 2028
in UTC. Every rule is one that RFC 5545 allows, and begins with an occurrence of its own: what a DTSTART
outside of its rule means, the RFC leaves open.
"""

import json
import random
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
END = datetime(2028, 1, 1)


def some(rng, values, most):
    return sorted(rng.sample(values, rng.randint(1, most)))


def days(rng, ordinals):
    picked = rng.sample(DAYS, rng.randint(1, 3))
    if not ordinals:
        return ",".join(picked)
    return ",".join(rng.choice(["", "1", "2", "-1", "-2", "4"]) + day for day in picked)


def numbers(values):
    return ",".join(str(value) for value in values)


def rule(rng):
    freq = rng.choice(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "MONTHLY", "WEEKLY"])
    parts = {"FREQ": freq}
    if rng.random() < 0.5:
        parts["INTERVAL"] = str(rng.randint(1, 4))
    if rng.random() < 0.3:
        parts["BYMONTH"] = numbers(some(rng, range(1, 13), 4))
    if freq == "YEARLY":
        which = rng.choice(["", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BOTH"])
        if which == "BYYEARDAY":
            parts["BYYEARDAY"] = numbers(some(rng, [1, 60, 100, 200, 365, 366, -1, -100], 3))
        if which == "BYWEEKNO":
            parts["BYWEEKNO"] = numbers(some(rng, [1, 5, 20, 40, 52, 53, -1], 3))
            parts["BYDAY"] = days(rng, False)
            parts.pop("BYMONTH", None)
    else:
        which = rng.choice(["", "BYDAY", "BYMONTHDAY", "BOTH"])
    if which in ("BYDAY", "BOTH") and "BYDAY" not in parts:
        ordinals = freq in ("MONTHLY", "YEARLY") and which == "BYDAY" and rng.random() < 0.6
        parts["BYDAY"] = days(rng, ordinals)
    if which in ("BYMONTHDAY", "BOTH") and freq != "WEEKLY":
        # One that every month has: 30 February never comes, and is looked for until the year 9999.
        picked = {rng.choice([1, 2, 13, 15, 28, -1, -5]), *some(rng, [28, 29, 30, 31, -2, -30], 3)}
        parts["BYMONTHDAY"] = numbers(sorted(picked))
    if rng.random() < 0.2:
        parts["BYHOUR"] = numbers(some(rng, range(8, 19), 2))
    if rng.random() < 0.2 and any(part.startswith("BY") for part in parts):
        parts["BYSETPOS"] = numbers(sorted({rng.choice([1, -1]), *some(rng, [2, 3, -2], 2)}))
    if rng.random() < 0.3:
        parts["WKST"] = rng.choice(DAYS)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def utc(local, zone):
    # A time that the clocks skip is told by the clock from before, one that they repeat is the earlier.
    return local.replace(tzinfo=zone, fold=0).astimezone(timezone.utc)


def case(rng):
    name = rng.choice(ZONES)
    zone = ZoneInfo(name)
    while True:
        start = datetime(2024, 1, 1) + timedelta(minutes=15 * rng.randrange(4 * 24 * 200))
        text = rule(rng)
        # Some begin late.
        first = next(iter(rrulestr(f"{text};UNTIL=20260101T000000", dtstart=start)), None)
        if first is not None:
            break
    end = rng.random()
    every = rrulestr(f"{text};UNTIL=20280102T000000", dtstart=first)
    if end < 0.3:
        text += f";COUNT={rng.randint(1, 40)}"
        every = rrulestr(text, dtstart=first)
    elif end < 0.6:
        last = first + timedelta(days=rng.randrange(900), minutes=15 * rng.randrange(96))
        every = rrulestr(f"{text};UNTIL={last:%Y%m%dT%H%M%S}", dtstart=first)
        text += f";UNTIL={utc(last, zone):%Y%m%dT%H%M%SZ}"
    found = []
    for at in every:
        at = utc(at, zone)
        if at >= END.replace(tzinfo=timezone.utc):
            break
        found.append(f"{at:%Y-%m-%dT%H:%M:%SZ}")
    return {
        "start": f"{first:%Y%m%dT%H%M%S}",
        "zone": name,
        "rule": text,
        "expected": sorted(set(found)),
    }


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    for _ in range(count):
        print(json.dumps(case(rng)))


main()
