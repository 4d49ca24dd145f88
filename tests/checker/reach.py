"""L11 to L13, written from INDICATORS.md: how far into the organisation write-ups come."""

import math
from collections import Counter, defaultdict

import numpy as np
from scipy import stats

from formulas import clustered_ratio, kaplan_meier, wilson
from model import DAY
from trends import middle


def l11_l12(world, facts):
    return {"L11": {"reach": reach(world, facts)}, "L12": {"cross_team": cross_team(world, facts)}}


def reach(world, facts):
    since = world.as_of - world.parameters["recent_days"] * DAY
    if not any(not w.counts_only and w.reads_observed.covers(since, world.as_of)
               for w in world.writeups.values()):
        return None
    roster = world.roster(since)
    recent = facts.reads[facts.reads["at"] >= since]
    readers = set(recent["person"].dropna()) & roster
    return wilson(len(readers), len(roster)) if roster else None


def cross_team(world, facts):
    last, named = {}, {}
    single = facts.reads[facts.reads["single"]].sort_values("at")
    for row in single.itertuples():
        if row.person is not None:
            last[row.w, row.person] = row
            if row.team is not None:
                named[row.w, row.person] = row.team
    teams = defaultdict(Counter)
    for (w, person), row in last.items():
        team = row.team or world.team_of(person, row.at) or named.get((w, person))
        if team:
            teams[w][team] += 1
    kinds = len(world.teams_before(world.as_of))
    pairs, effective, even = [], [], []
    for w, readers in teams.items():
        owner = world.writeups[w].owner_team
        n = sum(readers.values())
        if owner:
            pairs.append((n - readers[owner], n))
        spread = float(stats.entropy(list(readers.values())))
        effective.append(math.exp(spread))
        if kinds > 1:
            even.append(spread / math.log(kinds))
    k, n = (sum(part) for part in zip(*pairs)) if pairs else (0, 0)
    return {"teams_in_roster": kinds, "outside_share": wilson(k, n) if n else None,
            "outside_share_clustered": clustered_ratio(pairs),
            **middle("median_effective_teams", effective), **middle("median_evenness", even),
            "unknown": sum(w.counts_only for w in world.writeups.values())}


def l13(world, facts, free=False):
    p = world.parameters
    year, new = p["horizon_days"] * DAY, p["newcomer_days"] * DAY
    reads = defaultdict(list)
    for row in facts.reads.itertuples():
        if row.person is not None:
            reads[row.person].append((row.at, row.w, row.assigned))
    asked = reached = unseen = 0
    times, events = [], []
    for person, joined, left in world.joined_since(world.as_of - year):
        told = np.array([at for at, _, assigned in reads[person] if assigned])
        older = [at for at, w, _ in reads[person]
                 if at >= joined and world.writeups[w].published is not None
                 and world.writeups[w].published < joined
                 and not (free and len(told) and np.abs(told - at).min() <= DAY)]
        first = min(older, default=None)
        until = world.named_observed.until(joined)
        due = joined < world.as_of - new and (left is None or left - joined >= new)
        seen = world.named_observed.covers(joined, joined + new) if due else until is not None
        unseen += not seen
        if due and seen:
            asked += 1
            reached += first is not None and first < joined + new
        if until is not None:
            end = max(joined, min(until, world.as_of, world.as_of if left is None else left))
            event = first is not None and first < end
            times.append(((first if event else end) - joined) / DAY)
            events.append(int(event))
    found = {"newcomers": wilson(reached, asked) if asked else None,
             "newcomers_km": kaplan_meier(times, events, [30, 90])}
    return {"L13": found if free else found | {"not_observed": unseen}}
