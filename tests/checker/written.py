"""C3, C4 and E1, written from INDICATORS.md: whether people answer each other, and whether they still
change write-ups months later. The forest is built from the answers down, not from the roots up."""

from collections import Counter, defaultdict

import numpy as np

from formulas import clustered_ratio, kaplan_meier, trend, wilson
from model import DAY, millis, month, next_month


def comments(world):
    """Every comment on a known write-up before as_of, whatever became of it."""
    kept = {(e["source"], e["id"]) for e in world.kept["comment"]}
    found = []
    for event in world.latest:
        if event["kind"] != "comment" or event["at"] >= world.as_of or event["writeup"] is None:
            continue
        deleted = event["data"].get("deleted_at")
        deleted = millis(deleted) if deleted else None
        deleted = deleted if deleted is not None and deleted < world.as_of else None
        key = (event["source"], event["id"])
        parent = event["data"].get("parent")
        found.append({"key": key, "parent": (event["source"], parent) if parent else None,
                      "w": event["writeup"], "at": event["at"], "who": event["person"],
                      "deleted": deleted, "meant": key in kept,
                      "counted": key in kept and deleted is None})
    return sorted(found, key=lambda c: (c["at"], c["key"]))


def forest(all_comments):
    """(root, [(comment, depth)]) of what counts, by root, and how many answer what nobody knows."""
    known = {c["key"]: c for c in all_comments}
    children, orphans = defaultdict(list), 0
    for c in all_comments:
        if c["parent"] in known:
            children[c["parent"]].append(c)
        elif c["parent"] is not None and c["counted"]:
            orphans += 1
    placed, threads = set(), []

    def grow(root):
        found, level, depth = [], [root], 0
        while level:
            placed.update(c["key"] for c in level)
            found += [(c, depth) for c in level if c["counted"]]
            level = [child for c in level for child in children[c["key"]] if child["key"] not in placed]
            depth += 1
        if found:
            threads.append((root, sorted(found, key=lambda pair: (pair[0]["at"], pair[0]["key"]))))

    for c in all_comments:
        if c["parent"] not in known:
            grow(c)
    # What is left answers in circles, or hangs on one: a circle's earliest is its root.
    for c in all_comments:
        if c["key"] not in placed:
            at, seen = c, []
            while at["key"] not in [s["key"] for s in seen]:
                seen.append(at)
                at = known[at["parent"]]
            circle = seen[[s["key"] for s in seen].index(at["key"]):]
            grow(min(circle, key=lambda one: (one["at"], one["key"])))
    return threads, orphans


def c3_c4(world, facts):
    p = world.parameters
    found = comments(world)
    # Whether a source knows of answers is asked of all its comments, known write-up or not.
    knows = {e["source"] for e in world.latest if e["kind"] == "comment" and e["at"] < world.as_of
             and e["data"].get("parent")}
    threaded = [c for c in found if c["key"][0] in knows]
    flat = [c for c in found if c["key"][0] not in knows and c["counted"]]
    threads, orphans = forest(threaded)
    depths = [max(depth for _, depth in cs) for _, cs in threads]
    people = [len({c["who"] for c, _ in cs} - {None}) for _, cs in threads]
    mean = lambda values: float(np.mean(values)) if values else None
    depth = {"threads": len(threads), "orphans": orphans, "max_depth": max(depths, default=None),
             "mean_max_depth": mean(depths), "mean_size": mean([len(cs) for _, cs in threads]),
             "share_answered": wilson(sum(d > 0 for d in depths), len(depths)),
             "mean_people": mean(people),
             "by_depth": [{"depth": d, "threads": n} for d, n in sorted(Counter(depths).items())]}
    runs, last = [], {}
    for c in flat:
        w = c["w"].id
        if w in last and c["at"] - last[w][-1]["at"] <= p["response_days"] * DAY:
            last[w].append(c)
        else:
            last[w] = [c]
            runs.append(last[w])
    several = sum(len({c["who"] for c in run} - {None}) > 1 for run in runs)
    times, events, unnamed, unseen = [], [], 0, 0
    for root, cs in threads:
        if not root["meant"]:
            continue
        if root["who"] is None:
            unnamed += 1
            continue
        watched = root["w"].comments_steady.until(root["at"])
        if watched is None:
            unseen += 1
            continue
        ends = [watched, world.as_of, root["deleted"], root["w"].deleted]
        end = min(e for e in ends if e is not None)
        answers = [c["at"] for c, _ in cs
                   if c["who"] not in (None, root["who"]) and root["at"] < c["at"] < end]
        events.append(int(bool(answers)))
        times.append((min(answers, default=max(end, root["at"])) - root["at"]) / DAY)
    days = sorted({1, p["response_days"]})
    km = kaplan_meier(times, events, days, drawn=range(4 * p["response_days"] + 1))
    s = f"S_{p['response_days']}"
    turned = lambda name: None if km[name] is None else 1 - km[name]
    return {
        "C3": {"depth": depth if threaded else None,
               "runs": {"runs": len(runs), "mean_length": mean([len(run) for run in runs]),
                        "several_people": wilson(several, len(runs))} if runs else None},
        "C4": {"response_km": km,
               "answered_in_time": {"days": p["response_days"], "p": turned(s), "lo": turned(s + "_hi"),
                                    "hi": turned(s + "_lo")},
               "unnamed": unnamed, "not_observed": unseen},
    }


def e1(world, facts):
    p, calendar = world.parameters, world.calendar
    late, horizon = p["late_days"] * DAY, p["horizon_days"] * DAY
    changes = defaultdict(dict)
    for event in world.kept["edit"]:
        if not event["data"].get("minor"):
            day = (event["person"], calendar.date(event["at"]))
            own = changes[event["writeup"].id]
            own[day] = min(own.get(day, event["at"]), event["at"])
    edits = []
    for w in world.writeups.values():
        if w.published is None:
            continue
        own = changes[w.id]
        ever = {who for who, _ in own} - {None}
        early = {who for (who, _), at in own.items() if at < w.published + 14 * DAY} - {None}
        makers = early | ({w.maker} if w.maker is not None else set())
        if w.contributors - {w.maker} - ever:
            makers |= w.contributors
        edits += [(w, at, who, who is not None and who not in makers)
                  for (who, _), at in own.items() if at >= w.published]
    old = [at - w.published >= late for w, at, _, _ in edits]
    pairs = []
    for w in world.writeups.values():
        if w.age and w.age >= horizon and w.edits_steady.covers(w.published, w.published + horizon):
            ages = [at - w.published for v, at, _, _ in edits if v is w]
            pairs.append((sum(late <= a < horizon for a in ages), sum(a < horizon for a in ages)))
    named = [other for _, _, who, other in edits if who is not None]
    series = e1_series(world, [e for e in edits if late <= e[1] - e[0].published < 2 * late])
    return {"E1": {
        "edits": {"edits": len(edits), "late": sum(old), "late_share": wilson(sum(old), len(old))},
        "late_share_horizon": clustered_ratio(pairs),
        "by_others": wilson(sum(named), len(named)),
        "series": series, "trend": trend([m["per_100"] for m in series]),
        "not_yet_observed": sum(1 for w in world.writeups.values() if w.age and w.age >= horizon) - len(pairs),
    }}


def e1_series(world, edits):
    calendar, late = world.calendar, world.parameters["late_days"] * DAY
    dated = [w for w in world.writeups.values() if w.published is not None and w.published < world.as_of]
    if not dated:
        return []
    series, this = [], month(calendar.date(min(w.published for w in dated)))
    stop = month(calendar.date(world.as_of))
    seen = lambda w, day: w.edits_observed.covers(
        calendar.midnight(day), calendar.midnight(day.fromordinal(day.toordinal() + 1)))
    while this < stop:
        following, day, days, exposure = next_month(this), this, 0, 0
        while day < following:
            if calendar.working(day):
                days += 1
                a = calendar.midnight(day)
                exposure += sum(1 for w in dated if late <= a - w.published < 2 * late
                                and (w.deleted is None or a < w.deleted) and seen(w, day))
            day = day.fromordinal(day.toordinal() + 1)
        own = [other for w, at, _, other in edits
               if month(calendar.date(at)) == this and seen(w, calendar.date(at))]
        per_100 = lambda n: 100 * n / exposure if exposure else None
        series.append({"month": this.strftime("%Y-%m"), "working_days": days, "edits": len(own),
                       "exposure": exposure, "per_100": per_100(len(own)), "by_others": sum(own),
                       "by_others_per_100": per_100(sum(own))})
        this = following
    while series and not series[0]["exposure"]:
        series.pop(0)
    return series
