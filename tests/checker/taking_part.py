"""A1 to A8, written from INDICATORS.md: who came to reviews, and whether without having to; whether they stayed,
spoke, added to the write-up and came again, and from which teams they were."""

from collections import Counter, defaultdict

import numpy as np
import pandas as pd

from formulas import clustered_ratio, gini, quantile, wilson
from guests import all_guests
from model import DAY, millis
from trends import middle


def a1_a3(world, facts):
    least = world.parameters["min_present_s"] * 1000
    rows = all_guests(world)
    # A calendar's answers alone do not say who came.
    held = [g for g in rows if g.recorded]
    meetings = sorted({g.meeting for g in held})
    not_recorded = len({g.meeting for g in rows if not g.recorded})
    came = [g for g in rows if g.attended(least)]
    per_meeting = [sum(1 for g in came if g.meeting == m) for m in meetings]
    # Whoever dialled in without a name counts in A1 only.
    named = [g for g in held if g.person is not None]
    came_named = [g for g in came if g.person is not None]
    # Where nobody says who was invited, nobody came uninvited.
    people = len({g.person for g in came_named})
    came_named = [g for g in came_named if g.planned]
    not_planned = len({g.meeting for g in held if not g.planned})
    all_meetings, meetings = meetings, sorted({g.meeting for g in held if g.planned})
    voluntary = [g for g in came_named if g.voluntary()]
    pairs = [(sum(1 for g in voluntary if g.meeting == m),
              sum(1 for g in came_named if g.meeting == m)) for m in meetings]
    accepted = [g for g in named if g.partstat == "ACCEPTED"]
    optional = [g for g in named if g.role == "OPT-PARTICIPANT"]
    share = lambda part, whole: wilson(len(part), len(whole))
    clustered = clustered_ratio(pairs)
    free = {"voluntary": share(voluntary, came_named), "voluntary_clustered": clustered,
            **middle("voluntary_per_meeting_median", [v for v, _ in pairs]),
            "walk_ins": walked_in(came_named)}
    duties = [(g.meeting, g.duty(world.parameters["large_list"])) for g in came_named]
    counted = Counter(duty for _, duty in duties)
    need_not = [m for m, duty in duties if duty in ("open_invitation", "uninvited")]
    numbers = [need_not.count(m) for m in meetings]
    free["need_not"] = None if not duties else {
        **wilson(len(need_not), len(duties)),
        **middle("per_meeting_median", numbers),
        "iqr": [quantile(numbers, 0.25), quantile(numbers, 0.75)],
        "had_to_come": counted["had_to_come"] + counted["role_not_stated"],
        **{name: counted[name] for name in ("role_not_stated", "open_invitation", "uninvited")}}
    if any(g.mandatory for g in came_named):
        others = [g for g in held if g.planned and not g.mandatory]
        by_meeting = {m: [0, 0] for m in sorted({g.meeting for g in others})}
        for guest in others:
            if guest.person is not None and guest.attended(least):
                by_meeting[guest.meeting][0] += guest.voluntary()
                by_meeting[guest.meeting][1] += 1
        pairs = [tuple(pair) for pair in by_meeting.values()]
        k, n = sum(a for a, _ in pairs), sum(b for _, b in pairs)
        free["without_mandatory"] = {
            "voluntary": wilson(k, n), "voluntary_clustered": clustered_ratio(pairs),
            **middle("voluntary_per_meeting_median", [v for v, _ in pairs]),
            "walk_ins": walked_in([g for g in came_named if not g.mandatory])}
    return {
        "A1": {"attendance": {
            "meetings": len(all_meetings), "not_recorded": not_recorded, "rows": len(rows), "attendees": len(came),
            "people": people,
            "or_more": len({g.meeting for g in held if g.uncounted}),
            **middle("median_per_meeting", per_meeting),
            "iqr": [quantile(per_meeting, 0.25), quantile(per_meeting, 0.75)] if len(per_meeting) else None}},
        "A2": {**free, "not_recorded": not_recorded, "not_planned": not_planned},
        "A3": {"not_recorded": not_recorded, "not_planned": not_planned,
               "show_rate": share([g for g in accepted if g.attended(least)], accepted),
               "optional_yield": share([g for g in optional if g.attended(least)], optional),
               "walk_in_share": share([g for g in came_named if not g.invited()], came_named)},
    }


def walked_in(came):
    return sum(1 for guest in came if guest.voluntary() and not guest.invited())


def contributions(world):
    """When whom added what to which write-up."""
    made = defaultdict(list)
    for kind in ("comment", "edit", "link"):
        for event in world.kept[kind]:
            data, at, w = event["data"], event["at"], event["writeup"]
            gone = {"comment": data.get("deleted_at"), "link": data.get("removed_at")}.get(kind)
            gone = millis(gone) if gone else None
            if kind == "comment" and gone is not None and gone < world.as_of:
                continue
            if kind == "link":
                on = world._names.get(data["source"]) if data.get("source") else None
                own = on is not None and on is w
                if own or data.get("role") in ("index", "template") or gone is not None and gone < at:
                    continue
            if event["person"] is not None:
                made[w.id, event["person"]].append(at)
    return made


def a4_a8(world, facts):
    p = world.parameters
    came = pd.DataFrame(
        [(g.meeting, g.person, g.about.id if g.about else None, g.start, g.present, g.length or None,
          g.spoke, g.team(), g.about.owner_team if g.about else None)
         for g in all_guests(world) if g.person is not None and g.attended(p["min_present_s"] * 1000)],
        columns=["meeting", "person", "w", "start", "present", "length", "spoke", "team", "owner"])
    timed = came.dropna(subset=["present", "length"])
    stayed = np.minimum(1, timed["present"].astype(float) / timed["length"].astype(float))
    tenths = np.minimum(9, (np.minimum(timed["present"], timed["length"]) * 10 // timed["length"]).astype(int))
    written = came[came["meeting"].isin(came[came["spoke"].notna()]["meeting"])].copy()
    written["spoke"] = written["spoke"].astype(float).fillna(0)
    ginis = [g for g in written.groupby("meeting")["spoke"].apply(lambda s: gini(list(s))) if not pd.isna(g)] \
        if len(written) else []
    made, window = contributions(world), p["contribution_days"] * DAY
    within = lambda row, until: any(row.start < at <= until for at in made.get((row.w, row.person), ()))
    old = [row for row in came.itertuples() if row.w is not None and row.start + window <= world.as_of]
    due = [row for row in old if world.writeups[row.w].contributions_observed.covers(row.start, row.start + window)]
    of_length = [row for row in due if row.length is not None and not pd.isna(row.length)]
    during = [row for row in of_length if within(row, row.start + min(row.length, window))]
    teams = came[came["team"].notna()]
    owned = teams[teams["owner"].notna()]
    return {
        "A4": {"presence_fraction_median": quantile(stayed, 0.5),
               "iqr": [quantile(stayed, 0.25), quantile(stayed, 0.75)] if len(stayed) else None,
               "presences": len(stayed), "meetings": timed["meeting"].nunique(),
               "stayed": [{"from": n / 10, "presences": int((tenths == n).sum())} for n in range(10)]
               if len(stayed) else []},
        "A5": {"spoke_share": wilson(int((written["spoke"] > 0).sum()), len(written)),
               "meetings": written["meeting"].nunique(),
               **middle("talk_gini_median", ginis), "talk_gini_meetings": len(ginis)},
        "A6": {"contribution_after": wilson(sum(within(row, row.start + window) for row in due), len(due)),
               "during": wilson(len(during), len(of_length)),
               "meetings": len({row.meeting for row in due}),
               "reviews_not_observed": len({row.meeting for row in old} - {row.meeting for row in due})},
        "A7": a7(world, came),
        "A8": {"outside_share": wilson(int((owned["team"] != owned["owner"]).sum()), len(owned)),
               "meetings": owned["meeting"].nunique(),
               **middle("teams_per_meeting_median", teams.groupby("meeting")["team"].nunique())},
    }


def a7(world, came):
    """Cohorts as a pivot of people and months; k is 1, so no quarter is put together."""
    calendar, span = world.calendar, world.parameters["repeat_days"] * DAY
    watched = world.attendance_observed
    index = lambda at: (lambda d: d.year * 12 + d.month - 1)(calendar.date(at))
    day = lambda n: pd.Timestamp(n // 12, n % 12 + 1, 1).date()
    name = lambda n: f"{n // 12}-{n % 12 + 1:02d}"
    now = index(world.as_of)
    whole = {n: watched.covers(calendar.midnight(day(n)), calendar.midnight(day(n + 1)))
             for n in range(index(int(came["start"].min())) if len(came) else now, now)}
    firsts = came.groupby("person")["start"].min()
    known = firsts[[watched.covers(at - span, at) for at in firsts]] if len(firsts) else firsts
    asked = [person for person, at in known.items()
             if world.as_of - at >= span and watched.covers(at, at + span)]
    starts = came.groupby("person")["start"].apply(list)
    back = [person for person in asked
            if any(0 < at - firsts[person] <= span for at in starts[person])]
    rows = came[came["person"].isin(known.index)].copy()
    cohorts = []
    if len(rows):
        rows["cohort"] = [index(firsts[person]) for person in rows["person"]]
        rows["month"] = [index(at) for at in rows["start"]]
        people = rows.groupby(["cohort", "month"])["person"].nunique()
        sizes = rows.groupby("cohort")["person"].nunique()
        cohorts = [{"cohort": name(c), "size": int(size),
                    "retained": {str(m - c): int(people.get((c, m), 0)) for m in range(c, now) if whole[m]}}
                   for c, size in sizes.items()]
    held = {}
    least = world.parameters["min_present_s"] * 1000
    for guest in all_guests(world):
        if guest.attended(least):
            held[guest.meeting] = index(guest.start)
    first = min(held.values(), default=now)
    months = list(held.values())
    return {"repeat": wilson(len(back), len(asked)), "cohorts": cohorts,
            "not_observed": len(firsts) - len(known),
            "reviews_held": [{"month": name(n), "reviews": months.count(n)} for n in range(first, now)]}
