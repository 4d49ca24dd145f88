"""What notes rest on (R3 bunched, R4 months and near_threshold), written from their definitions."""

import math
from collections import Counter, defaultdict

import pandas as pd

from model import DAY

LEAST_OF_TEAM = 5


def signs(world, facts):
    return {"R3": {"bunched": bunched(world, facts)}, "R4": depth_signs(world, facts)}


def bunched(world, facts):
    p = world.parameters
    since, late = world.as_of - p["recent_days"] * DAY, p["late_days"] * DAY
    reads, people = defaultdict(Counter), defaultdict(set)
    for row in facts.dated[facts.dated["single"]].itertuples():
        if row.person is None or row.assigned or row.at < since or row.age < late:
            continue
        team = row.team or world.team_of(row.person, row.at) or ""
        reads[row.w][team, row.date] += 1
        people[row.w, team, row.date].add(row.person)
    found = 0
    for w, days in reads.items():
        most = max((n for (team, day), n in days.items()
                    if team and len(people[w, team, day]) >= LEAST_OF_TEAM), default=0)
        found += most > 0 and 2 * most >= sum(days.values())
    return found


def depth_signs(world, facts):
    p = world.parameters
    days = defaultdict(list)
    for row in facts.reads[facts.reads["single"]].itertuples():
        if row.person is not None:
            days[row.w, row.person, row.date].append((row.engaged, row.scroll))
    now = world.calendar.date(world.as_of)
    months, near = defaultdict(lambda: [0, 0]), Counter()
    for (w, _, day), visits in days.items():
        writeup = world.writeups[w]
        words = writeup.words_on(day)
        engaged = [e for e, _ in visits if not pd.isna(e)]
        depth = [s for _, s in visits if not pd.isna(s)]
        if not engaged or words is None:
            continue
        spent = sum(engaged)
        threshold = max(p["skim_min_s"] * 1000, words * 60_000 * p["read_fraction"] / p["wpm_fast"])
        read = spent >= threshold and (not depth or max(depth) >= p["read_fraction"] * 1000)
        near[math.floor(5 * spent / threshold)] += 1
        if writeup.published is None or (day.year, day.month) >= (now.year, now.month):
            continue
        age = world.calendar.noon(day) - writeup.published
        if p["late_days"] * DAY <= age < 2 * p["late_days"] * DAY:
            of = months[f"{day.year:04}-{day.month:02}"]
            of[0] += 1
            of[1] += read
    return {"months": [{"month": name, "known": known, "read": read}
                       for name, (known, read) in sorted(months.items())],
            "near_threshold": {"below": near[4], "at": near[5], "above": near[6]}}
