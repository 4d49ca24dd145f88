"""Every indicator of the checked list, written from INDICATORS.md. Reads are kept in a pandas
frame, one row each; a day's count is a row with its number."""

import re
from collections import Counter, defaultdict

import duckdb
import networkx
import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from descriptors import d1_d2
from formulas import (clustered_ratio, counter_increments, double_clicks, goes_quiet, kaplan_meier, logrank,
                      poisson_rate, quantile, revivals, trend, weibull, wilson)
from guests import all_guests
from long_tail import l7_l10
from model import DAY, month, next_month, thousandths
from reach import l11_l12, l13
from signs import signs
from taking_part import a4_a8
from trends import judge, t2_t8
from written import c3_c4, e1

PLACES = ["code_comment", "commit", "diagram", "onboarding", "writeup"]


def compute(world):
    """All results by code, and the part of health that goes with them."""
    reads, health = kept_reads(world)
    facts = Facts(world, reads)
    results = {}
    for part in (r1_r3, r4, r5, r6, r7, l1, l2, l3, l4, l5_l6, l7_l10, l11_l12, l13, a1_a3, a4_a8, c1_c2, c3_c4,
                 e1, k, t0_t1, d1_d2):
        results |= part(world, facts)
    judge(results)
    for code, more in signs(world, facts).items():
        results[code] |= more
    if reads["assigned"].any():
        without = Facts(world, reads[~reads["assigned"]])
        for part in (r1_r3, l3, l4, l11_l12):
            for code, found in part(world, without).items():
                if code != "L12":
                    results[code]["without_assigned"] = found
        results["L13"]["without_assigned"] = l13(world, facts, free=True)["L13"]
    return results, health


def kept_reads(world):
    """R1: self, draft, then double clicks; daily counts beside them."""
    p = world.parameters
    rows, health = [], {"self": 0, "draft": 0, "draft_counts": 0, "other_source": 0, "other_source_counts": 0}
    beaten = lambda event: (event["source"], event["id"]) in world.beaten
    for event in world.kept["read"]:
        w, person, data = event["writeup"], event["person"], event["data"]
        if beaten(event):
            health["other_source"] += 1
        elif person is not None and person in w.contributors:
            health["self"] += 1
        elif w.published is not None and event["at"] < w.published:
            health["draft"] += 1
        else:
            rows.append((w.id, event["at"], event["id"], person, data.get("session"),
                         thousandths(data.get("engaged_s")), thousandths(data.get("scroll")),
                         world.is_assigned(event), data.get("team")))
    groups = defaultdict(list)
    for row in rows:
        key = ("p", row[3]) if row[3] is not None else ("s", row[4]) if row[4] else ("none", row[2])
        groups[(row[0], key)].append(row)
    kept = []
    for clicks in groups.values():
        clicks.sort(key=lambda row: (row[1], row[2]))
        last = 0
        for index in double_clicks([row[1] for row in clicks], p["double_click_s"] * 1000):
            chain = clicks[last:index + 1]
            last = index + 1
            engaged = [row[5] for row in chain if row[5] is not None]
            scroll = [row[6] for row in chain if row[6] is not None]
            w, at, _, person, session = clicks[index][:5]
            kept.append((w, at, person, session, sum(engaged) if engaged else None,
                         max(scroll) if scroll else None, 1, True, *clicks[index][7:]))
    health["double_click_removed"] = double_clicked(rows, p["double_click_s"] * 1000)
    health["anonymous"] = sum(1 for row in kept if row[2] is None)
    counted = [0, 0]
    for event in world.kept["read_count"]:
        w = event["writeup"]
        if event["data"]["granularity"] != "day":
            continue
        if w.published is not None and event["at"] < w.published:
            health["draft"] += 1
            health["draft_counts"] += 1
            continue
        if beaten(event):
            health["other_source"] += 1
            health["other_source_counts"] += 1
            continue
        count = int(event["data"]["count"])
        counted[0] += 1
        counted[1] += count
        if count:
            kept.append((w.id, event["at"], None, None, None, None, count, False, False, None))
    health["aggregated_rows"], health["aggregated_reads"] = counted
    columns = ["w", "at", "person", "session", "engaged", "scroll", "n", "single", "assigned",
               "team"]
    frame = pd.DataFrame(kept, columns=columns)
    # Of no rows nothing says that these are yes or no.
    for name in ("assigned", "single"):
        frame[name] = frame[name].astype(bool)
    frame["date"] = [world.calendar.date(at) for at in frame["at"]]
    published = {w.id: w.published for w in world.writeups.values()}
    ages = [at - published[w] if published[w] is not None else None
            for w, at in zip(frame["w"], frame["at"])]
    frame["age"] = pd.array(ages, dtype="Int64")
    return frame, health


def double_clicked(rows, window):
    """How many clicks a later one of the same key replaced, by a second way: DuckDB's window function."""
    clicks = pd.DataFrame([(w, at, id_, str(("p", person) if person is not None else ("s", session) if session
                                            else ("none", id_))) for w, at, id_, person, session, *_ in rows],
                          columns=["w", "at", "id", "key"])
    clicks = clicks.astype({"w": "string", "id": "string", "key": "string", "at": "int64"})
    return duckdb.sql(f"""
        SELECT count(*) FROM (SELECT lead("at") OVER (PARTITION BY w, key ORDER BY "at", id) - "at" AS gap FROM clicks)
        WHERE gap <= {window}""").fetchall()[0][0]


class Facts:
    """Reads in the forms in which several indicators need them."""

    def __init__(self, world, reads):
        self.reads = reads
        self.dated = reads[reads["age"].notna()].copy()
        self.dated["age"] = self.dated["age"].astype("int64")
        self.dated["age_day"] = self.dated["age"] // DAY
        # A (write-up, local date, age day) counts where its first read lies inside a window.
        keys = ["w", "date", "age_day"]
        first = self.dated.groupby(keys)["at"].transform("min")
        windows = {w.id: w.reads_observed for w in world.writeups.values()}
        inside = [windows[w].holds(at) for w, at in zip(self.dated["w"], first)]
        self.observed = self.dated[np.array(inside, bool)] if len(inside) else self.dated
        self.by_writeup = {w: g.sort_values("at") for w, g in self.dated.groupby("w")}

    def ages(self, w):
        """Ages of one write-up's reads, and their numbers."""
        group = self.by_writeup.get(w.id)
        if group is None:
            return np.array([], "int64"), np.array([], "int64")
        return group["age"].to_numpy(), group["n"].to_numpy()


def r1_r3(world, facts):
    """Counted by DuckDB: a sitting is a session's UTC day, else a person's UTC hour."""
    reads = facts.reads[["w", "at", "n", "single", "date"]].copy()
    # Nobody is null, and a person is text.
    for name in ("person", "session"):
        reads[name] = pd.array([None if value is None or value == "" else str(value)
                                for value in facts.reads[name]], dtype="string")
    reads["date"] = reads["date"].astype(str)
    reads = reads.astype({"w": "string", "date": "string", "at": "int64", "n": "int64", "single": "bool"})
    total, unique, readers, both, days = duckdb.sql(f"""
        SELECT coalesce(sum(n), 0)::BIGINT,
            count(DISTINCT CASE WHEN single AND session IS NOT NULL THEN {{'w': w, 'u': 's' || session,
                    't': "at" // {DAY}}}
                WHEN single AND person IS NOT NULL THEN {{'w': w, 'u': 'p' || person, 't': "at" // 3600000}} END),
            count(DISTINCT person),
            count(DISTINCT CASE WHEN person IS NOT NULL THEN {{'w': w, 'p': person}} END),
            count(DISTINCT CASE WHEN person IS NOT NULL THEN {{'d': date, 'p': person}} END)
        FROM reads""").fetchall()[0]
    return {
        "R1": {"total_reads": total},
        "R2": {"unique_reads": unique},
        "R3": {"readers": readers, "reader_writeup_pairs": both, "reader_days": days},
    }


def r4(world, facts):
    p = world.parameters
    days = defaultdict(list)
    for row in facts.reads[facts.reads["single"]].itertuples():
        if row.person is not None:
            days[(row.w, row.person, row.date)].append((row.engaged, row.scroll))
    classes, deep = {"read": 0, "skimmed": 0, "opened": 0, "unknown": 0}, set()
    for (w, person, date), visits in days.items():
        words = world.writeups[w].words_on(date)
        engaged = [e for e, _ in visits if not pd.isna(e)]
        depth = [s for _, s in visits if not pd.isna(s)]
        name = depth_class(sum(engaged) if engaged else None, max(depth) if depth else None,
                           words, p)
        classes[name] += 1
        if name == "read":
            deep.add((w, person))
    known = classes["read"] + classes["skimmed"] + classes["opened"]
    return {"R4": {"class": classes, "read_share": wilson(classes["read"], known),
                   "deep_pairs": len(deep)}}


def depth_class(engaged, depth, words, p):
    """Engaged ms, depth in thousandths, words."""
    if engaged is None or words is None:
        return "unknown"
    floor = p["skim_min_s"] * 1000
    threshold = max(floor, words * 60_000 * p["read_fraction"] / p["wpm_fast"])
    if engaged >= threshold and (depth is None or depth >= p["read_fraction"] * 1000):
        return "read"
    return "skimmed" if engaged >= floor else "opened"


def r5(world, facts):
    known = facts.reads[facts.reads["single"] & facts.reads["engaged"].notna()]["engaged"]
    ms = known.to_numpy(dtype="float64")
    x = np.minimum(ms[ms > 0], 1_800_000) / 1000
    engaged = {"n": len(x)}
    powers = np.full(len(ms), -2)
    powers[ms > 0] = np.maximum(-1, np.floor(np.log2(x)))
    edge = lambda power: 2.0 ** power if power >= 0 else 0.0
    engaged["histogram"] = [
        {"from_s": edge(p), "below_s": edge(p + 1), "reads": int(n)}
        for p, n in zip(*(part.tolist() for part in np.unique(powers, return_counts=True)))]
    if len(x):
        logs = np.log(x)
        mu, sigma = logs.mean(), logs.std()
        engaged |= {"geometric_mean_s": float(np.exp(mu)), "median_s": float(np.quantile(x, .5)),
                    "p90_s": float(np.quantile(x, .9)), "lognormal_mu": float(mu),
                    "lognormal_sigma": float(sigma)}
    if len(set(x)) > 1:
        engaged["ks_lognormal"] = ks(x, lambda v: stats.norm.cdf(np.log(v), mu, sigma))
        shape, scale = weibull(x)
        engaged |= {"weibull_shape": shape, "weibull_scale": scale,
                    "ks_weibull": ks(x, lambda v: stats.weibull_min.cdf(v, shape, scale=scale))}
    return {"R5": {"engaged": engaged}}


def ks(x, cdf):
    return float(stats.kstest(x, cdf).statistic)


def counters(world):
    """Samples (at, figure, people) of cumulative counters, by write-up and counter."""
    found = defaultdict(lambda: defaultdict(list))
    for event in world.kept["read_count"]:
        w, data = event["writeup"], event["data"]
        if data["granularity"] == "cumulative" and not (
                w.published is not None and event["at"] < w.published):
            people = data.get("uniques")
            found[w.id][event["source"], event["subject"]].append(
                (event["at"], int(data["count"]), None if people is None else int(people)))
    return found


def r6(world, facts):
    counted = dict.fromkeys(
        ["writeups", "counters", "reads_unfiltered", "imputed", "gaps", "resets", "corrections"], 0)
    for of_writeup in counters(world).values():
        counted["writeups"] += 1
        for samples in of_writeup.values():
            counted["counters"] += 1
            for added, flag, gap in counter_increments([s[:2] for s in samples]):
                counted["reads_unfiltered"] += added
                counted["imputed"] += added if gap else 0
                counted["gaps"] += gap
                counted["resets"] += flag == "reset"
                counted["corrections"] += flag == "fix"
    return {"R6": {"counted": counted}}


def r7(world, facts):
    since = world.as_of - world.parameters["trailing_days"] * DAY
    bounds = defaultdict(list)
    days = defaultdict(list)
    for event in world.kept["read_count"]:
        w, data = event["writeup"], event["data"]
        early = w.published is not None and event["at"] < w.published
        beaten = (event["source"], event["id"]) in world.beaten
        if data["granularity"] == "day" and not early and not beaten and event["at"] >= since:
            people = data.get("uniques")
            days[w.id, event["source"]].append(
                (None if people is None else int(people), int(data["count"])))
    for (w, _), figures in days.items():
        known = [people for people, _ in figures if people is not None]
        if known:
            bounds[w].append((max(known), sum(n if p is None else p for p, n in figures)))
    for w, of_writeup in counters(world).items():
        for samples in of_writeup.values():
            people = sorted((at, n) for at, _, n in samples if n is not None)
            if not people or people[-1][0] < since:
                continue
            pairs = [(a, b) for a, b in zip(people, people[1:]) if b[0] >= since]
            falls = [a[1] for a, b in pairs if b[1] < a[1]]
            grown = [b[1] - a[1] for a, b in pairs if a[0] >= since]
            lo = max([0, *grown]) if falls else sum(grown)
            bounds[w].append((lo, people[-1][1] + sum(falls)))
    each = [(max(lo for lo, _ in b), sum(hi for _, hi in b)) for b in bounds.values()]
    each = [one for one in each if one[1] > 0]
    head = world.headcount(since) or None
    lo = max((lo for lo, _ in each), default=None)
    hi = sum(hi for _, hi in each) if each else None
    if each and head is not None:
        hi = max(lo, min(hi, head))
    return {"R7": {"counted_readers": {"writeups": len(each), "lo": lo, "hi": hi,
                                       "headcount": head}}}


def l1(world, facts):
    counts = facts.observed.groupby(facts.observed["age_day"] // 7)["n"].sum()
    dated = [w for w in world.writeups.values() if w.age]
    weeks = max((w.age for w in dated), default=0) // (7 * DAY) + 1
    curve = []
    for week in range(weeks):
        exposure = 0
        for w in dated:
            a = w.published + week * 7 * DAY
            exposure += w.reads_observed.overlap(a, min(a + 7 * DAY, w.end))
        k, exposure = int(counts.get(week, 0)), exposure / DAY
        rate, lo, hi = poisson_rate(k, exposure)
        curve.append({"week": week, "k": k, "exposure": exposure, "rate": rate, "lo": lo, "hi": hi})
    return {"L1": {"curve": curve}}


def whole_year(world, days, name="reads_steady"):
    """Write-ups that lived and were observed from publication on for so many days."""
    span = days * DAY
    return [w for w in world.writeups.values() if w.age and w.age >= span
            and getattr(w, name).covers(w.published, w.published + span)]


def median_days(ages, numbers):
    if len(ages) == 0:
        return None
    return float(np.median(np.repeat(ages, numbers))) / DAY


def l2(world, facts):
    p = world.parameters
    recent = facts.dated[facts.dated["at"] >= world.as_of - p["recent_days"] * DAY]
    horizon = p["horizon_days"] * DAY
    ages, numbers, medians = [], [], []
    for w in whole_year(world, p["horizon_days"]):
        age, n = facts.ages(w)
        n, age = n[age < horizon], age[age < horizon]
        ages.append(age)
        numbers.append(n)
        if n.sum() >= 10:
            medians.append(median_days(age, n))
    none = [np.array([], "int64")]
    return {"L2": {
        "usage_half_life_sync_days": median_days(recent["age"], recent["n"]),
        "usage_half_life_diachronous_days":
            median_days(np.concatenate(ages or none), np.concatenate(numbers or none)),
        "per_writeup_median_of_medians": float(np.median(medians)) if medians else None,
    }}


def l3(world, facts):
    p = world.parameters
    late, horizon = p["late_days"] * DAY, p["horizon_days"] * DAY
    pairs = []
    for w in whole_year(world, p["horizon_days"]):
        age, n = facts.ages(w)
        pairs.append((n[(age >= late) & (age < horizon)].sum(), n[age < horizon].sum()))
    return {"L3": {"tail_share": clustered_ratio(pairs)}}


def l4(world, facts):
    p = world.parameters
    since = world.as_of - p["trailing_days"] * DAY
    recent = facts.dated[(facts.dated["at"] >= since) & facts.dated["person"].notna()]
    readers = recent.groupby("w")["person"].nunique()
    k = n = unknown = 0
    for w in world.writeups.values():
        if not w.age or w.age < p["late_days"] * DAY or w.deleted is not None:
            continue
        if w.counts_only:
            unknown += 1
        elif w.reads_observed.covers(since, world.as_of):
            n += 1
            k += int(readers.get(w.id, 0) >= p["min_readers"])
    late = recent[recent["age"] >= p["late_days"] * DAY]
    days = len(set(zip(late["person"], late["date"])))
    # Nobody was seen, or nobody could have been.
    could = any(
        max(a, since, w.published + p["late_days"] * DAY) < min(b, w.end)
        for w in world.writeups.values() if w.published is not None and not w.counts_only
        for a, b in w.reads_observed.parts)
    return {"L4": {"still_read": wilson(k, n), "unknown": unknown,
                   "late_reader_days_per_day": days / p["trailing_days"] if days or could else None}}


def l5_l6(world, facts):
    quiet = world.parameters["quiet_days"] * DAY
    times, events, revived, total = [], [], 0, 0
    for w in world.writeups.values():
        until = w.reads_steady.until(w.published) if w.age else None
        if until is None:
            continue
        observed = min(until, w.end) - w.published
        ages = [int(a) for a in facts.ages(w)[0] if a < observed]
        time, event = goes_quiet(ages, observed, quiet)
        times.append(time / DAY)
        events.append(event)
        found = revivals(ages, quiet)
        total += found
        revived += found > 0
    survival = kaplan_meier(times, events, [90, 120, 180, 270, 365], 365)
    return {"L5": {"readership_survival": survival},
            "L6": {"revivals": {"writeups_revived": revived, "revivals": total}}}


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
            "voluntary_per_meeting_median": quantile([v for v, _ in pairs], 0.5)}
    duties = [(g.meeting, g.duty(world.parameters["large_list"])) for g in came_named]
    counted = Counter(duty for _, duty in duties)
    need_not = [m for m, duty in duties if duty in ("open_invitation", "uninvited")]
    numbers = [need_not.count(m) for m in meetings]
    free["need_not"] = None if not duties else {
        **wilson(len(need_not), len(duties)),
        "per_meeting_median": quantile(numbers, 0.5),
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
            "voluntary_per_meeting_median": quantile([v for v, _ in pairs], 0.5)}
    return {
        "A1": {"attendance": {
            "meetings": len(all_meetings), "not_recorded": not_recorded, "rows": len(rows), "attendees": len(came),
            "people": people,
            "median_per_meeting": quantile(per_meeting, 0.5),
            "iqr": [quantile(per_meeting, 0.25), quantile(per_meeting, 0.75)] if len(per_meeting) else None}},
        "A2": {**free, "not_recorded": not_recorded, "not_planned": not_planned},
        "A3": {"not_recorded": not_recorded, "not_planned": not_planned,
               "show_rate": share([g for g in accepted if g.attended(least)], accepted),
               "optional_yield": share([g for g in optional if g.attended(least)], optional),
               "walk_in_share": share([g for g in came_named if not g.invited()], came_named)},
    }


def c1_c2(world, facts):
    from model import millis
    p = world.parameters
    late, horizon = p["late_days"] * DAY, p["horizon_days"] * DAY
    comments = []
    for event in world.kept["comment"]:
        deleted = event["data"].get("deleted_at")
        if deleted is None or millis(deleted) >= world.as_of:
            comments.append((event["writeup"], event["at"], event["person"]))
    ages = [at - w.published for w, at, _ in comments if w.published is not None]
    late_ones = sum(1 for age in ages if age >= late)
    pairs = []
    for w in whole_year(world, p["horizon_days"], "comments_steady"):
        own = [at - w.published for other, at, _ in comments if other is w]
        pairs.append((sum(1 for a in own if late <= a < horizon),
                      sum(1 for a in own if 0 <= a < horizon)))
    others = [(w, who) for w, _, who in comments if who is not None and who not in w.contributors]
    return {
        "C1": {"comments": {"comments": len(comments), "dated": len(ages), "late": late_ones,
                            "late_share": wilson(late_ones, len(ages))},
               "late_share_horizon": clustered_ratio(pairs)},
        "C2": {"commenters": {
            "distinct": len({who for _, _, who in comments if who is not None}),
            "distinct_non_contributors": len({who for _, who in others}),
            "non_contributor_share": wilson(len(others), len(comments))}},
    }


def links(world):
    """Every link that somebody meant, with the part that it plays."""
    from model import millis
    p, meant, pages = world.parameters, [], defaultdict(list)
    for event in world.kept["link"]:
        data, w, at = event["data"], event["writeup"], event["at"]
        source = data.get("source")
        on = world._names.get(source) if source is not None else None
        # A file is one page in all its lines and commits, an address in all its sections.
        name = source or ""
        if "://" in name or re.match(r"[^@:#]+@[^:#]+:", name):
            name = re.sub(r"^([^@:/]+)@[^:]+:", r"\1:", name.split("#")[0])
        page = (event["source"], name)
        removed = millis(data["removed_at"]) if data.get("removed_at") else None
        ends = [t for t in (removed, w.deleted) if t is not None and t < world.as_of]
        if on is w or removed is not None and removed < at:
            continue
        life = (at, min(ends, default=world.as_of))
        if page[1] and data["place"] != "chat":
            pages[page].append((w, *life))
        if data.get("role") not in ("index", "template"):
            # The target's deletion ends the watching, not the link (INDICATORS 1, "Deleted write-up").
            gone = removed is not None and removed == min(ends, default=None) and removed != w.deleted
            meant.append({"w": w, "at": at, "on": on, "place": data["place"], "page": page,
                          "life": life, "person": event["person"], "stated": data.get("role"),
                          "team": data.get("team"), "live": not ends, "gone": gone,
                          "end": min(ends, default=world.as_of)})
    def out(w, t):
        return w.published is None or w.published <= t
    # When each page was a list, judged whenever a link on it begins to stand.
    lists = defaultdict(list)
    for page, found in pages.items():
        for w, start, end in found:
            linked = {v.id for v, a, b in found if a <= start < b}
            if start < end and len(linked) > p["index_writeups"]:
                lists[page].append(start)
            t = start if w.published is None else max(start, w.published)
            # Write-ups without a team are those of one.
            if t < end:
                own = {v.id for v in world.writeups.values()
                       if (v.owner_team or "") == (w.owner_team or "")
                       and out(v, t) and (v.deleted is None or v.deleted > t)}
                both = len({v.id for v, a, b in found if a <= t < b} & own)
                if both >= p["index_team_least"] and both > p["index_team_share"] * len(own):
                    lists[page].append(t)
    for link in meant:
        w = link["w"]
        team = link["team"] or world.team_of(link["person"], link["at"])
        had = link["person"] is not None and link["person"] in (w.contributors | w.responders) or \
            team is not None and team in {w.owner_team} | w.contributor_teams | world.teams_of(w)
        soon = w.published is None or link["at"] < w.published + p["follow_up_days"] * DAY
        link["part"] = link["stated"] or (
            "index" if link["place"] != "chat" and any(
                link["life"][0] <= t < link["life"][1] for t in lists.get(link["page"], ()))
            else "follow_up" if had and soon else "uptake")
    return meant


def k(world, facts):
    p, meant = world.parameters, links(world)
    of_talk = [link for link in meant if link["place"] in PLACES]
    def in_places(say, of):
        return {place: say([link for link in of if link["place"] == place]) for place in PLACES}
    def live(of):
        return [link for link in of if link["live"]]
    def counted(of):
        linked = defaultdict(set)
        for link in live(of):
            linked[link["w"].id].add(link["place"])
        spread = [len(places) for places in linked.values()]
        return {"created": in_places(len, of), "live": in_places(len, live(of)),
                "writeups_linked": len(linked),
                "places_per_linked_writeup_mean": sum(spread) / len(spread) if spread else None}
    def of_part(part):
        return [link for link in of_talk if link["part"] == part]
    def survival(of):
        lives = in_places(lambda of: ([(link["end"] - link["at"]) / DAY for link in of],
                                      [int(link["gone"]) for link in of]), of)
        return {"link_survival": {place: kaplan_meier(t, e, [90, 365], 365)
                                  for place, (t, e) in lives.items()},
                "logrank": logrank({k: v for k, v in lives.items() if k != "commit"})}
    def ages(of):
        days = [(world.as_of - link["at"]) / DAY for link in live(of)]
        return {"n": len(days)} | {name: quantile(days, q) for name, q in (
            ("p25", 0.25), ("median", 0.5), ("p75", 0.75), ("p90", 0.9))}
    def recent(of):
        since = world.as_of - p["horizon_days"] * DAY
        return [(link["at"] - link["w"].published) / DAY for link in of
                if link["at"] >= since and link["w"].published is not None]
    def half_life(of):
        found = recent(of)
        return {"cited_half_life_days": quantile([age for age in found if age >= 0], 0.5),
                "n": len(found), "draft_links": sum(age < 0 for age in found)}
    def late(of):
        found = recent(of)
        return wilson(sum(age >= p["late_days"] for age in found), len(found))
    uptake = of_part("uptake")
    return {
        "K1": {"links": counted(of_talk) | {part: counted(of_part(part))
                                            for part in ("uptake", "follow_up", "index")}},
        "K2": {"live_age_days": ages(of_talk), "by_place": in_places(ages, of_talk),
               "uptake": ages(uptake), "uptake_by_place": in_places(ages, uptake)},
        "K3": judged_together(survival(of_talk) | {"uptake": survival(uptake)}),
        "K4": {"graph": citation_graph(world, meant)},
        "K5": half_life(of_talk) | {"uptake": half_life(uptake)},
        "K6": {"late_links": late(of_talk), "by_place": in_places(late, of_talk),
               "uptake": late(uptake), "uptake_by_place": in_places(late, uptake)},
    }


def judged_together(k3):
    """Both log-rank tests of one page."""
    tests = [k3["logrank"], k3["uptake"]["logrank"]]
    made = [test["p"] for test in tests if test["p"] is not None]
    left = iter(multipletests(made, method="fdr_bh")[1] if made else [])
    for test in tests:
        test["adjusted"] = None if test["p"] is None else float(next(left))
    return k3


def citation_graph(world, meant):
    """PageRank by networkx."""
    nodes = sorted(w.id for w in world.writeups.values() if not w.restricted
                   and (w.deleted is None or w.deleted >= world.as_of)
                   and (w.published is None or w.published < world.as_of))
    edges = {(link["on"].id, link["w"].id) for link in meant
             if link["live"] and link["place"] == "writeup" and link["on"] is not None
             and link["part"] != "index"}
    graph_of = set(nodes)
    edges = {(a, b) for a, b in edges if graph_of >= {a, b} and a != b}
    n, out = len(nodes), defaultdict(list)
    for a, b in edges:
        out[a].append(b)
    graph = networkx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(sorted(edges))
    rank = networkx.pagerank(graph, alpha=0.85, tol=1e-15, max_iter=10_000) if n else {}
    into, pairs = defaultdict(int), defaultdict(int)
    for _, b in edges:
        into[b] += 1
    for targets in out.values():
        for a in targets:
            for b in targets:
                pairs[a, b] += a < b
    pairs = {pair: many for pair, many in pairs.items() if many}
    # What differs by less has the order of its names.
    top = sorted(nodes, key=lambda name: (-round(rank[name] * 1e10), name))[:10]
    return {
        "nodes": n, "edges": len(edges),
        "isolated": n - len({name for edge in edges for name in edge}),
        "pagerank_top": [{"writeup": name, "pagerank": float(rank[name]),
                          "in_degree": into[name]} for name in top],
        "co_citation_pairs": len(pairs),
        "co_citation_top": [{"a": a, "b": b, "n": many} for (a, b), many in
                            sorted(pairs.items(), key=lambda kv: (-kv[1], kv[0]))[:10]],
    }


def t0_t1(world, facts):
    p, calendar = world.parameters, world.calendar
    late = p["late_days"] * DAY
    dated = [w for w in world.writeups.values() if w.age]
    if not dated:
        return {"T0": {"series": [], "cohorts": []}}
    start = month(calendar.date(min(w.published for w in dated)))
    stop = month(calendar.date(world.as_of))
    # Exposure is made of whole days, and so are the reads that are compared with it.
    reads = facts.dated[facts.dated["age"] >= late]
    late_people = {}
    for row in reads.itertuples():
        if row.person is not None:
            late_people.setdefault(month(row.date), set()).add(row.person)
    windows = {w.id: w.reads_observed for w in world.writeups.values()}
    whole = [windows[w].covers(calendar.midnight(d),
                               calendar.midnight(d.fromordinal(d.toordinal() + 1)))
             for w, d in zip(reads["w"], reads["date"])]
    reads = reads[np.array(whole, bool)] if len(whole) else reads
    by_month = {m: g for m, g in reads.groupby([month(d) for d in reads["date"]])} \
        if len(reads) else {}
    series, this = [], start
    while this < stop:
        following = next_month(this)
        group = by_month.get(this)
        group = reads.iloc[:0] if group is None else group
        window = group[group["age"] < 2 * late]
        days = exposure = window_exposure = 0
        day = this
        while day < following:
            tomorrow = day.fromordinal(day.toordinal() + 1)
            if calendar.working(day):
                days += 1
                a, b = calendar.midnight(day), calendar.midnight(tomorrow)
                for w in dated:
                    if a < w.end and a - w.published >= late and w.reads_observed.covers(a, b):
                        exposure += 1
                        window_exposure += a - w.published < 2 * late
            day = tomorrow
        per_100 = lambda y, e: 100 * y / e if e else None
        late_reads, window_reads = int(group["n"].sum()), int(window["n"].sum())
        series.append({
            "month": this.strftime("%Y-%m"), "late_reads": late_reads,
            "late_readers": len(late_people.get(this, ())), "working_days": days,
            "exposure": exposure, "per_100": per_100(late_reads, exposure),
            "window_reads": window_reads, "window_exposure": window_exposure,
            "window_per_100": per_100(window_reads, window_exposure)})
        this = following
    # The series begins when the first write-up has come of age.
    while series and not series[0]["exposure"]:
        series.pop(0)
    cohorts, this = [], start
    observed = whole_year(world, 2 * p["late_days"])
    while this <= stop:
        group = [w for w in observed if month(calendar.date(w.published)) == this]
        tail = 0
        for w in group:
            age, n = facts.ages(w)
            tail += int(n[(age >= late) & (age < 2 * late)].sum())
        cohorts.append({"month": this.strftime("%Y-%m"), "writeups": len(group),
                        "reads_90_180": tail, "per_writeup": tail / len(group) if group else None})
        this = next_month(this)
    return {"T0": {"series": series, "cohorts": cohorts},
            "T1": {"trend": trend([m["window_per_100"] for m in series]),
                   "cohort_trend": trend([c["per_writeup"] for c in cohorts])},
            **t2_t8(world, facts, series, cohorts, observed)}
