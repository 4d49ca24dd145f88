"""K1 to K6, written from INDICATORS.md: where write-ups are linked from, how long links stay, and what builds on
what."""

import math
import re
from collections import Counter, defaultdict

import networkx
from statsmodels.stats.multitest import multipletests

from formulas import kaplan_meier, logrank, quantile, wilson
from model import DAY, millis, month, next_month

PLACES = ["code_comment", "commit", "diagram", "onboarding", "writeup"]
OTHER_PLACES = ["chat", "code", "config", "docs", "other", "runbook", "ticket"]
FORMS = ["key", "link", "title"]


def links(world):
    """Every link that somebody meant, with the part that it plays."""
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
                          "team": data.get("team"), "form": data.get("form"), "live": not ends, "gone": gone,
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
    others = [link for link in meant if link["place"] not in PLACES]
    def in_places(say, of, places=PLACES):
        return {place: say([link for link in of if link["place"] == place]) for place in places}
    def live(of):
        return [link for link in of if link["live"]]
    def made_and_live(of, places=PLACES):
        return {"created": in_places(len, of, places), "live": in_places(len, live(of), places)}
    def counted(part, of):
        """Of the links of one part; None: of all."""
        rest = [link for link in others if part in (None, link["part"])]
        linked = defaultdict(set)
        for link in live(of):
            linked[link["w"].id].add(link["place"])
        spread = [len(places) for places in linked.values()]
        return {**made_and_live(of), "other_places": made_and_live(rest, OTHER_PLACES),
                "by_form": {form or "unknown": made_and_live([link for link in of if link["form"] == form])
                            for form in [*FORMS, None]},
                "writeups_linked": len(linked),
                "places_per_linked_writeup_mean": sum(spread) / len(spread) if spread else None}
    def of_part(part):
        return [link for link in of_talk if link["part"] == part]
    def survival(of):
        lives = in_places(lambda of: ([(link["end"] - link["at"]) / DAY for link in of],
                                      [int(link["gone"]) for link in of]), of)
        return {"link_survival": {place: kaplan_meier(t, e, [90, 365], p["horizon_days"])
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
        ages = [age for age in found if age >= 0]
        steps = min(max(1, math.ceil(max(ages) / 30)), 122) if ages else 0
        return {"cited_half_life_days": quantile(ages, 0.5),
                "n": len(found), "draft_links": sum(age < 0 for age in found),
                "curve": [{"age_days": 30 * n, "share": sum(age <= 30 * n for age in ages) / len(ages)}
                          for n in range(1, steps + 1)]}
    def late(of):
        found = recent(of)
        return wilson(sum(age >= p["late_days"] for age in found), len(found))
    uptake = of_part("uptake")
    return {
        "K1": {"links": counted(None, of_talk) | {part: counted(part, of_part(part))
                                                  for part in ("uptake", "follow_up", "index")}
               | {"by_month": by_month(world, uptake)}},
        "K2": {"live_age_days": ages(of_talk), "by_place": in_places(ages, of_talk),
               "uptake": ages(uptake), "uptake_by_place": in_places(ages, uptake),
               "other_places": ages(others)},
        "K3": judged_together(survival(of_talk) | {"uptake": survival(uptake)}),
        "K4": {"graph": citation_graph(world, meant)},
        "K5": half_life(of_talk) | {"uptake": half_life(uptake)},
        "K6": {"late_links": late(of_talk), "by_place": in_places(late, of_talk),
               "uptake": late(uptake), "uptake_by_place": in_places(late, uptake),
               "other_places": late(others)},
    }


def by_month(world, uptake):
    """What stood when each month was over, or at as_of; at most sixty months back."""
    if not uptake:
        return []
    calendar, found = world.calendar, []
    this = month(calendar.date(min(link["at"] for link in uptake)))
    while calendar.midnight(this) < world.as_of:
        end = min(calendar.midnight(next_month(this)), world.as_of)
        standing = Counter(link["place"] for link in uptake
                           if link["at"] < end and (link["live"] or link["end"] >= end))
        found.append({"month": this.strftime("%Y-%m"), **{place: standing[place] for place in PLACES}})
        this = next_month(this)
    return found[-60:]


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
    linked = sorted({name for edge in edges for name in edge})
    def told(name):
        return {"writeup": name, "pagerank": float(rank[name]), "in_degree": into[name]}
    # What differs by less has the order of its names.
    def top(of, most):
        return [told(name) for name in sorted(of, key=lambda name: (-round(rank[name] * 1e10), name))[:most]]
    halves = defaultdict(list)
    for w in world.writeups.values():
        if w.id in graph_of and w.published is not None:
            day = world.calendar.date(w.published)
            halves[f"{day.year}-H{1 if day.month < 7 else 2}"].append(w.id)
    return {
        "nodes": n, "edges": len(edges),
        "isolated": n - len(linked),
        "pagerank_top": top(nodes, 10),
        "by_half_year": [{"half_year": name, "writeups": len(of), "top": top(of, 3)}
                         for name, of in sorted(halves.items())],
        "drawn": {"nodes": [told(name) for name in linked],
                  "edges": sorted([linked.index(a), linked.index(b)] for a, b in edges)}
        if 0 < len(linked) <= 60 else None,
        "co_citation_pairs": len(pairs),
        "co_citation_top": [{"a": a, "b": b, "n": many} for (a, b), many in
                            sorted(pairs.items(), key=lambda kv: (-kv[1], kv[0]))[:10]],
    }
