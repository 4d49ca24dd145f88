"""Every indicator of the checked list, written from INDICATORS.md. Reads are kept in a pandas
frame, one row each; a day's count is a row with its number."""

import math
from collections import defaultdict

import duckdb
import numpy as np
import pandas as pd
from scipy import stats

from age_matched import t0_t1
from descriptors import d1_d2
from formulas import (clustered_ratio, counter_increments, double_clicks, goes_quiet, kaplan_meier, poisson_rate,
                      revivals, weibull, wilson)
from linked import k
from long_tail import l7_l10
from model import DAY, millis, thousandths
from observed import not_yet_observed, whole_year
from reach import l11_l12, l13
from signs import signs
from taking_part import a1_a3, a4_a8
from trends import judge, middle
from written import c3_c4, e1


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
        # Of clicks at one instant what is told decides: assigned, team, engaged time, depth. Then nothing differs.
        clicks.sort(key=lambda row: (row[1], row[7], row[8] or "", *(math.inf if v is None else v for v in row[5:7])))
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
    health["agents"] = sum(1 for event in world.left_out["bot"]
                           if event["kind"] == "read" and event["data"].get("agent"))
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
        engaged["lognormal_loglik"] = float(stats.lognorm.logpdf(x, sigma, scale=np.exp(mu)).sum())
        engaged["ks_lognormal"] = ks(x, lambda v: stats.norm.cdf(np.log(v), mu, sigma))
        shape, scale = weibull(x)
        engaged |= {"weibull_shape": shape, "weibull_scale": scale,
                    "weibull_loglik": float(stats.weibull_min.logpdf(x, shape, scale=scale).sum()),
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
    counts = facts.observed.groupby([facts.observed["age_day"] // 7, facts.observed["w"]])["n"].sum().to_dict()
    dated = [w for w in world.writeups.values() if w.age]
    weeks = max((w.age for w in dated), default=0) // (7 * DAY) + 1
    curve = []
    for week in range(weeks):
        at_risk, k = {}, 0
        for w in dated:
            a = w.published + week * 7 * DAY
            at_risk[w.id] = w.reads_observed.overlap(a, min(a + 7 * DAY, w.end))
            k += int(counts.get((week, w.id), 0))
        exposure = sum(at_risk.values()) / DAY
        rate, lo, hi = poisson_rate(k, exposure)
        between = clustered_ratio([(int(counts.get((week, w), 0)), ms / DAY) for w, ms in at_risk.items() if ms],
                                  math.inf)
        curve.append({"week": week, "k": k, "exposure": exposure, "rate": rate, "lo": lo, "hi": hi,
                      "writeups": between["clusters"], "between_lo": between["lo"], "between_hi": between["hi"]})
    return {"L1": {"curve": curve}}


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
        **middle("per_writeup_median_of_medians", medians),
        "writeups": len(ages), "writeups_with_ten_reads": len(medians),
        "not_yet_observed": not_yet_observed(world, p["horizon_days"]),
    }}


def l3(world, facts):
    p = world.parameters
    late, horizon = p["late_days"] * DAY, p["horizon_days"] * DAY
    pairs = []
    for w in whole_year(world, p["horizon_days"]):
        age, n = facts.ages(w)
        pairs.append((n[(age >= late) & (age < horizon)].sum(), n[age < horizon].sum()))
    share = clustered_ratio(pairs)
    each = lambda reads: reads / len(pairs) if pairs else None
    share |= {"early_per_writeup": each(share["den"] - share["num"]), "late_per_writeup": each(share["num"])}
    return {"L3": {"tail_share": share, "not_yet_observed": not_yet_observed(world, p["horizon_days"])}}


def l4(world, facts):
    p = world.parameters
    since = world.as_of - p["trailing_days"] * DAY
    recent = facts.dated[(facts.dated["at"] >= since) & facts.dated["person"].notna()]
    readers = recent.groupby("w")["person"].nunique()
    k = n = unknown = unseen = 0
    for w in world.writeups.values():
        if not w.age or w.age < p["late_days"] * DAY or w.deleted is not None:
            continue
        if w.counts_only:
            unknown += 1
        elif w.reads_observed.covers(since, world.as_of):
            n += 1
            k += int(readers.get(w.id, 0) >= p["min_readers"])
        else:
            unseen += 1
    late = recent[recent["age"] >= p["late_days"] * DAY]
    days = len(set(zip(late["person"], late["date"])))
    # Nobody was seen, or nobody could have been.
    could = any(
        max(a, since, w.published + p["late_days"] * DAY) < min(b, w.end)
        for w in world.writeups.values() if w.published is not None and not w.counts_only
        for a, b in w.reads_observed.parts)
    return {"L4": {"still_read": wilson(k, n), "unknown": unknown, "not_observed": unseen,
                   "late_reader_days_per_day": days / p["trailing_days"] if days or could else None}}


def l5_l6(world, facts):
    quiet = world.parameters["quiet_days"] * DAY
    times, events, revived, total, unseen = [], [], 0, 0, 0
    for w in world.writeups.values():
        until = w.reads_steady.until(w.published) if w.age else None
        if until is None:
            unseen += w.age is not None
            continue
        observed = min(until, w.end) - w.published
        ages = [int(a) for a in facts.ages(w)[0] if a < observed]
        time, event = goes_quiet(ages, observed, quiet)
        times.append(time / DAY)
        events.append(event)
        found = revivals(ages, quiet)
        total += found
        revived += found > 0
    horizon = world.parameters["horizon_days"]
    survival = kaplan_meier(times, events, [90, 120, 180, 270, 365], horizon)
    return {"L5": {"readership_survival": survival, "not_yet_observed": unseen},
            "L6": {"revivals": {"writeups_revived": revived, "revivals": total,
                                "share": wilson(revived, len(times))},
                   "not_yet_observed": unseen}}


def c1_c2(world, facts):
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
               "late_share_horizon": clustered_ratio(pairs),
               "not_yet_observed": not_yet_observed(world, p["horizon_days"], "comments_steady")},
        "C2": {"commenters": {
            "distinct": len({who for _, _, who in comments if who is not None}),
            "distinct_non_contributors": len({who for _, who in others}),
            "non_contributor_share": wilson(len(others), len(comments))}},
    }
