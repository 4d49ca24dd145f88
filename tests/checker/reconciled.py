"""Of several sources that see a page those of the highest rank count, day by day: written from the definition of R1.
Pages that were merged, and sources that are said to see all reads, are not among the events that are checked."""

from collections import defaultdict
from datetime import timedelta

WEEKS = [timedelta(days=n) for n in range(28)]


def gives_way(world):
    """The (source, id) of the reads, and of the counts of a day, that another source sees better."""
    events = [e for e in world.latest if e["at"] is not None]
    reads = [e for e in events if e["kind"] == "read"]
    counts = [e for e in events if e["kind"] == "read_count" and e["data"]["granularity"] != "cumulative"]
    for event in reads:
        event["day"] = world.calendar.date(event["at"])
    ranks = {**read_ranks(world, reads), **{(e["source"], "counter", e["day"]): 0 for e in counts}}
    seen, seen_agents = first_seen(world, reads, counts)

    def best(firsts, page, day):
        return [(source, ranks[source, kind, day]) for (source, kind), since in firsts[page].items()
                if since <= day and (source, kind, day) in ranks]

    beaten = set()
    for event in reads + counts:
        label, page, day = labelled(world, event), event["writeup"], event["day"]
        if label not in ("reader", "agent"):
            continue
        kind = "reads" if event["kind"] == "read" else "counter"
        others = best(seen_agents if label == "agent" else seen, page.id, day)
        if any(source != event["source"] and rank > ranks[event["source"], kind, day] for source, rank in others):
            if kind == "reads" or page.published is None or event["at"] >= page.published:
                beaten.add((event["source"], event["id"]))
    return beaten


def read_ranks(world, reads):
    """(source, "reads", day): who names readers before who knows engaged time, by the four weeks up to that day."""
    told = defaultdict(lambda: [0, 0, 0])
    for event in reads:
        by_day = told[event["source"], event["day"]]
        if of_a_person(world, event):
            by_day[0] += 1
            by_day[1] += event["person"] is not None
            by_day[2] += event["data"].get("engaged_s") is not None
    ranks = {}
    for source, day in list(told):
        weeks = [told[source, day - back] for back in WEEKS if (source, day - back) in told]
        people, named, engaged = (sum(column) for column in zip(*weeks))
        enough = lambda n: n > 0 and 10 * n >= people
        ranks[source, "reads", day] = 1 + enough(engaged) + 2 * enough(named)
    return ranks


def first_seen(world, reads, counts):
    """By page the first day on which each source saw it: by people, and by agents."""
    seen, seen_agents = defaultdict(dict), defaultdict(dict)
    for event in reads + counts:
        label = labelled(world, event)
        kind = "reads" if event["kind"] == "read" else "counter"
        for found, labels in ((seen, ("reader", "excluded")), (seen_agents, ("agent",))):
            if label in labels and (kind == "reads" or event["data"]["count"]):
                first = found[event["writeup"].id]
                key = (event["source"], kind)
                first[key] = min(first.get(key, event["day"]), event["day"])
    return seen, seen_agents


def labelled(world, event):
    writeup, data, person = event["writeup"], event["data"], event["person"]
    if writeup is None or (writeup.deleted is not None and event["at"] >= writeup.deleted):
        return "nothing"
    if world.is_excluded(person):
        return "excluded"
    if data.get("agent"):
        return "agent"
    return "program" if world.is_program(person) or data.get("bot") else "reader"


def of_a_person(world, event):
    data = event["data"]
    return not (data.get("bot") or data.get("agent") or world.is_program(event["person"]))
