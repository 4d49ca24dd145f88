"""Random rules of recurrence, each with its occurrences as python-dateutil works them out.

usage: recurrence.py SEED COUNT [changed]

One object of JSON a line: `start` (local time), `zone`, `rule` and `expected`, the occurrences before 2028
in UTC. Every rule is one that RFC 5545 allows, and begins with an occurrence of its own: what a DTSTART
outside of its rule means, the RFC leaves open.

`changed`: series with RDATE, EXDATE, RECURRENCE-ID and THISANDFUTURE, in all the ways in which times are written.
A line has `events`, the lines of each VEVENT without its UID, and `expected`: for each occurrence the start that
the series gave it, its start, both in UTC, and its length in seconds.
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


# Times that name no zone are those of a house in Tokyo, far from every zone above.
HOUSE = ZoneInfo("Asia/Tokyo")


class Series:
    """A series of a few occurrences, and what became of each of them. Times of day lie where no clock is changed."""

    def __init__(self, rng):
        self.rng = rng
        self.days = rng.random() < 0.2
        self.name = None if self.days or rng.random() < 0.1 else rng.choice(ZONES)
        self.zone = ZoneInfo(self.name) if self.name else HOUSE
        begin = datetime(2024, 1, 1) + timedelta(days=rng.randrange(600))
        self.start = begin if self.days else begin + timedelta(hours=rng.randint(5, 18), minutes=rng.choice([0, 30]))

    def instant(self, local):
        return utc(local, self.zone)

    def written(self, local, name, kinds):
        """A time of the series in one of these ways of writing it."""
        if self.days:
            return f"{name};VALUE=DATE:{local:%Y%m%d}"
        kind = self.rng.choice(kinds)
        if kind == "zone" and self.name:
            return f"{name};TZID={self.name}:{local:%Y%m%dT%H%M%S}"
        if kind == "utc":
            return f"{name}:{self.instant(local):%Y%m%dT%H%M%SZ}"
        if kind == "elsewhere":
            there = self.instant(local).astimezone(ZoneInfo("America/St_Johns"))
            return f"{name};TZID=America/St_Johns:{there:%Y%m%dT%H%M%S}"
        if kind == "day":
            return f"{name};VALUE=DATE:{local:%Y%m%d}"
        return f"{name}:{local:%Y%m%dT%H%M%S}"

    def length(self, start):
        """A line that says how long what begins then lasts, and the length of what begins at a local time."""
        rng, kind = self.rng, self.rng.choice(["end", "duration", "none"])
        if kind == "none":
            return [], lambda local: 86400 if self.days else None
        if self.days or (kind == "duration" and rng.random() < 0.5):
            # Days of a duration are days of the calendar, whatever the clocks do.
            days, hours = rng.randint(1, 3), 0 if self.days else rng.choice([0, 0, 2])
            if self.days and kind == "end":
                return [f"DTEND;VALUE=DATE:{start + timedelta(days=days):%Y%m%d}"], lambda local: days * 86400
            text = f"DURATION:P{days}D" + (f"T{hours}H" if hours else "")
            end = lambda local: self.instant(local + timedelta(days=days)) + timedelta(hours=hours)
            return [text], lambda local: (end(local) - self.instant(local)).total_seconds()
        minutes = rng.choice([15, 45, 90])
        if kind == "duration":
            return [f"DURATION:PT{minutes}M"], lambda local: minutes * 60
        end = start + timedelta(minutes=minutes)
        return [self.written(end, "DTEND", ["zone", "utc", "floating"])], lambda local: minutes * 60

    def case(self):
        rng, start = self.rng, self.start
        freq, count = rng.choice(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY"]), rng.randint(2, 10)
        rule = f"FREQ={freq};INTERVAL={rng.randint(1, 3)};COUNT={count}"
        line, length = self.length(start)
        lines = [self.written(start, "DTSTART", ["zone"]), f"RRULE:{rule}", *line]
        # By the start that the series gave each: its start now, and how long it lasts.
        found = {local: (self.instant(local), length(local)) for local in rrulestr(rule, dtstart=start)}
        for _ in range(rng.randint(0, 3)):
            more = start + timedelta(days=rng.randrange(100), minutes=0 if self.days else 7)
            if more not in found:
                if self.name and rng.random() < 0.3:
                    period = f"{more:%Y%m%dT%H%M%S}/{more + timedelta(minutes=20):%Y%m%dT%H%M%S}"
                    zone = rng.choice(["", f";TZID={self.name}"])
                    lines.append(f"RDATE;VALUE=PERIOD{zone}:{period}")
                    found[more] = (self.instant(more), 1200)
                else:
                    lines.append(self.written(more, "RDATE", ["zone", "utc", "floating", "elsewhere"]))
                    found[more] = (self.instant(more), length(more))
        for local in rng.sample(sorted(found), rng.randint(0, min(2, len(found)))):
            written = self.written(local, "EXDATE", ["zone", "utc", "floating", "elsewhere", "day"])
            lines.append(written)
            gone = [one for one in found if one == local or ("VALUE=DATE" in written and one.date() == local.date())]
            for one in gone:
                del found[one]
        events, changed = [lines], set()
        if found and rng.random() < 0.5:
            # A second change with the RECURRENCE-ID of this one would be another version of it.
            first = rng.choice(sorted(found))
            changed.add(first.date())
            events.append(self.following(found, first))
        for local in rng.sample(sorted(found), rng.randint(0, min(2, len(found)))):
            if local.date() not in changed:
                changed.add(local.date())
                events.append(self.single(found, local))
        rng.shuffle(events)
        show = lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}"
        expected = [[show(self.instant(local)), show(at), length] for local, (at, length) in found.items()]
        return {"events": events, "expected": sorted(expected, key=lambda row: row[:2])}

    def moved(self, local):
        if self.days:
            return local + timedelta(days=self.rng.randint(-2, 5))
        return local + timedelta(days=self.rng.randint(-2, 5), minutes=self.rng.choice([0, 30, 180]))

    def following(self, found, first):
        """A change of one occurrence and all that follow, which keep the clock of the series."""
        known = self.written(first, "RECURRENCE-ID;RANGE=THISANDFUTURE", ["zone", "utc", "floating", "elsewhere"])
        if self.rng.random() < 0.2:
            for local in [local for local in found if local >= first]:
                del found[local]
            return [known, self.written(first, "DTSTART", ["zone"]), "STATUS:CANCELLED"]
        to = self.moved(first)
        line, length = self.length(to)
        for local in [local for local in found if local >= first]:
            new = local + (to - first)
            found[local] = (self.instant(new), length(new))
        return [known, self.written(to, "DTSTART", ["zone"]), *line]

    def single(self, found, local):
        ways = ["zone", "utc", "floating", "elsewhere"]
        if sum(one.date() == local.date() for one in found) == 1:
            ways.append("day")
        known = self.written(local, "RECURRENCE-ID", ways)
        if self.rng.random() < 0.2:
            del found[local]
            return [known, self.written(local, "DTSTART", ["zone"]), "STATUS:CANCELLED"]
        to = self.moved(local)
        line, length = self.length(to)
        found[local] = (self.instant(to), length(to))
        return [known, self.written(to, "DTSTART", ["zone"]), *line]


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    for _ in range(count):
        print(json.dumps(Series(rng).case() if "changed" in sys.argv[3:] else case(rng)))


main()
