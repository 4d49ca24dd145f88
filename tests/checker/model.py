"""Events, registry, exclusions and observed time, straight from CONTRACT and INDICATORS 1."""

import json
import math
import sys
import unicodedata
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta, timezone
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from observed import DAY, Steady, Windows
from reconciled import gives_way

PARAMETERS = {
    "double_click_s": 30, "late_days": 90, "horizon_days": 365, "recent_days": 90,
    "trailing_days": 28, "min_readers": 3, "quiet_days": 90, "read_fraction": 0.75,
    "wpm_fast": 300, "skim_min_s": 10, "min_present_s": 300, "newcomer_days": 90,
    "contribution_days": 14, "response_days": 7, "repeat_days": 180, "large_list": 15,
    "index_writeups": 20, "index_team_share": 0.5, "index_team_least": 5, "follow_up_days": 30,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def millis(text):
    """RFC 3339 to UTC ms; fractions of a millisecond are cut off."""
    text = text.upper().replace("Z", "+00:00")
    if len(text) > 19 and text[17:19] == "60":
        text = text[:17] + "59.999" + text[19:]
    delta = datetime.fromisoformat(text) - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


class Calendar:
    """Local days."""

    def __init__(self, zone, holidays):
        self.zone = ZoneInfo(zone)
        self.holidays = {date.fromisoformat(h) for h in holidays}
        self._midnights = {}

    def date(self, at):
        return datetime.fromtimestamp(at / 1000, self.zone).date()

    def _instant(self, day, hour):
        local = datetime.combine(day, time(hour), self.zone)
        return int(local.timestamp()) * 1000

    def midnight(self, day):
        if day not in self._midnights:
            self._midnights[day] = self._instant(day, 0)
        return self._midnights[day]

    def noon(self, day):
        return self._instant(day, 12)

    def working(self, day):
        return day.weekday() < 5 and day not in self.holidays


def identity(value):
    """The pseudonym's input: addresses are folded, everything else is taken as it is."""
    value = value.strip()
    if value[:7].lower() == "mailto:":
        value = value[7:]
    local, at, domain = value.partition("@")
    if at and local and domain and "@" not in domain and not any(
            c.isspace() or c == "/" for c in value):
        return ("email", unicodedata.normalize("NFKC", value).lower().strip())
    return ("account", value)


def thousandths(value):
    """Rounded half away from zero."""
    return None if value is None else int(value * 1000 + 0.5)


class Writeup:
    """A write-up as of the report."""

    def __init__(self, event, as_of, who):
        data = event["data"]
        self.id = data.get("id") or event.get("subject")
        self.url = data.get("url")
        self.names = [n for n in [self.id, self.url, *(data.get("aliases") or [])] if n]
        self.host = urlsplit(self.url).hostname if self.url else None
        instant = lambda name: millis(data[name]) if data.get(name) else None
        self.published = instant("published_at")
        deleted = instant("deleted_at")
        self.deleted = deleted if deleted is not None and deleted < as_of else None
        named = [who(p) for p in data.get("contributors") or []]
        self.contributors, self.maker = set(named), next(iter(named), None)
        self.first = {}
        self.responders = {who(p) for p in data.get("responders") or []}
        self.owner_team = data.get("owner_team")
        self.contributor_teams = set(data.get("contributor_teams") or [])
        self.restricted = bool(data.get("restricted"))
        self.end = as_of if self.deleted is None else self.deleted
        # How long it could be watched at all; None: no age.
        age = None if self.published is None else self.end - self.published
        self.age = age if age is not None and age > 0 else None
        self.revisions = []
        self.reads_observed = self.reads_steady = self.comments_steady = None
        self.edits_observed = self.edits_steady = None
        self.counts_only = False


    def words_on(self, date):
        """Of the last revision up to that day, else of the first."""
        before = [words for since, words in self.revisions if since <= date]
        return before[-1] if before else next((words for _, words in self.revisions), None)


class World:
    """Everything that the indicators start from."""

    def __init__(self, lines, as_of, calendar, parameters):
        self.as_of, self.calendar, self.parameters = as_of, calendar, parameters
        events = list(read(lines))
        # What is said of people by hand has not been received.
        received = [e for e in events if not by_hand(e)]
        self.received = Counter(lines=len(received))
        latest = {}
        for event in events:
            key = (event["source"], event["id"])
            if key not in latest or event["version"] > latest[key]["version"]:
                latest[key] = event
        self.received["duplicate_id"] = len(received) - sum(not by_hand(e) for e in latest.values())
        self.latest = list(latest.values())
        by_kind = defaultdict(list)
        for event in latest.values():
            by_kind[event["kind"]].append(event)
        self._people(by_kind["person"])
        self.writeups = {}
        revisions = defaultdict(list)
        assigned = {}
        for event in sorted(by_kind["writeup"], key=spoken):
            data = event["data"]
            if "assignments" in data:
                assigned[data.get("id") or event["subject"]] = data["assignments"]
            if "assignments" in data and set(data) <= {"id", "version", "assignments"}:
                continue
            writeup = Writeup(event, as_of, self.who)
            self.writeups[writeup.id] = writeup
            if event["data"].get("words") is not None:
                at = millis(event["time"]) if event["time"] else 0
                revisions[writeup.id].append((at, event["data"]["words"]))
        for writeup in self.writeups.values():
            writeup.assignments = assigned.get(writeup.id, [])
            writeup.revisions = [(self.calendar.date(at), words)
                                 for at, words in sorted(revisions[writeup.id])]
            writeup.first = self._at_publication(writeup, by_kind["writeup"])
        self._names = {n: w for w in self.writeups.values() for n in w.names}
        self._names |= {w.id: w for w in self.writeups.values()}
        self._place(latest.values())
        self.beaten = gives_way(self)
        self._exclude(latest.values())
        self._observe(by_kind["coverage"], latest.values())
        # The last word on each.
        self.annotations = sorted(by_kind["annotation"], key=lambda e: e["data"].get("version", 0))

    def _at_publication(self, writeup, events):
        """What was said last of its text in the first two weeks, or else first."""
        own = sorted((e for e in events if (e["data"].get("id") or e["subject"]) == writeup.id), key=spoken)
        first = {}
        for name in ("words", "diagrams", "hyperlinks", "acronyms_unexplained", "data_sources", "quotations",
                     "contributors", "contributor_teams"):
            said = [(spoken(e)[0], e["data"][name]) for e in own if e["data"].get(name) is not None]
            if name.startswith("contributor"):
                same = self.who if name == "contributors" else lambda team: team
                said = [(at, len({same(one) for one in some})) for at, some in said if some]
            early = [value for at, value in said
                     if writeup.published is not None and at < writeup.published + 14 * DAY]
            if writeup.published is not None and said:
                first[name] = early[-1] if early else said[0][1]
        return first

    def _people(self, events):
        """Who is who: what rosters claim, and then what was said by hand, the last word on a pair."""
        said, pairs, excluded = defaultdict(list), {}, []
        for event in sorted(events, key=spoken):
            data = event["data"]
            person = identity(data.get("person") or event["subject"])
            if event["source"] != "registry":
                said[person, event["source"]].append((spoken(event), data))
            for field, one in (("apart", False), ("aliases", True)):
                if event["source"] == "registry" or not one:
                    for other in data.get(field) or []:
                        pairs[frozenset((person, identity(other)))] = one
            if "excluded" in data:
                excluded.append((person, data["excluded"]))
        entries, claims = defaultdict(list), defaultdict(set)
        dated = lambda words: any(w.get("team_from") or w.get("team_to") for _, w in words)
        for (person, source), words in said.items():
            # Without dates the last word holds, with dates all of them.
            words = words if dated(words) else words[-1:]
            entries[person] += [(when, source, word) for when, word in words]
            for alias in (a for _, w in words for a in w.get("aliases") or []):
                if pairs.get(frozenset((person, identity(alias))), True):
                    claims[identity(alias)].add(person)
        self._main = {a: next(iter(p)) for a, p in claims.items() if len(p) == 1 and p != {a}}
        for pair, one in pairs.items():
            ends = sorted({self._root(name) for name in pair})
            if one and len(ends) == 2:
                self._main[ends[1]] = ends[0]
        self._kind, self._joined, self._left, self._teams = {}, {}, {}, defaultdict(list)
        told = defaultdict(list)
        for person, words in entries.items():
            # Names alone take nothing back.
            told[self._root(person)] += [w for w in words if set(w[2]) - {"person", "aliases", "version"}]
        for person, words in told.items():
            if words:
                # The source that spoke last is believed as a whole.
                words.sort(key=lambda word: word[0])
                own = [(when, w) for when, source, w in words if source == words[-1][1]]
                self._describe(person, [w for _, w in (own if dated(own) else own[-1:])])
        self._excluded = {}
        for person, out in excluded:
            self._excluded[self._root(person)] = out

    def _describe(self, person, words):
        instant = lambda data, name: millis(data[name]) if data.get(name) else None
        self._kind[person] = words[-1].get("kind") or "person"
        dated = []
        for data in words:
            joined, since = instant(data, "joined_at"), instant(data, "team_from")
            self._joined[person] = joined if joined is not None else self._joined.get(person)
            since = since if since is not None else joined if joined is not None else -math.inf
            self._left[person] = instant(data, "left_at")
            to = instant(data, "team_to")
            dated.append((since, math.inf if to is None else to, data.get("team")))
        dated.sort(key=lambda one: one[0])
        for n, (since, to, team) in enumerate(dated):
            after = dated[n + 1][0] if n + 1 < len(dated) else math.inf
            self._teams[person].append((since, min(to, after), team))

    def _root(self, name):
        while name in self._main:
            name = self._main[name]
        return name

    def who(self, value):
        """The person behind a name; None if nobody is named."""
        return None if value is None else self._root(identity(value))

    def headcount(self, since):
        """People with a team or a first day who were there at some time since then."""
        def counted(person):
            joined, left = self._joined.get(person), self._left.get(person)
            named = joined is not None or self._teams[person][-1][2]
            return (self._kind[person] == "person" and named
                    and (joined is None or joined < self.as_of) and (left is None or left > since))
        return sum(1 for person in list(self._kind) if counted(person))

    def roster(self, since):
        """People with a team or a first day who were there since then and are not excluded."""
        def there(person):
            joined, left = self._joined.get(person), self._left.get(person)
            named = joined is not None or self._teams[person][-1][2]
            return (self._kind[person] == "person" and named and not self._excluded.get(person)
                    and (joined is None or joined < self.as_of) and (left is None or left > since))
        return {person for person in list(self._kind) if there(person)}

    def joined_since(self, since):
        """(person, joined, left) of everybody who joined from then on."""
        return [(person, joined, self._left.get(person)) for person, joined in self._joined.items()
                if joined is not None and since <= joined < self.as_of
                and self._kind[person] == "person" and not self._excluded.get(person)]

    def teams_before(self, at):
        """Teams that somebody was in before then."""
        return {team for person, entries in self._teams.items() for since, to, team in entries
                if team and since < at and since < to and self._kind.get(person) == "person"
                and not self._excluded.get(person)}

    def team_of(self, person, at):
        """Their team at that time, by the roster."""
        teams = self._teams.get(person, ())
        return next((t for since, to, t in teams if since <= at < to), None)

    def teams_of(self, writeup):
        """The teams that its people were in when it was published; of a draft, those they are in now."""
        at = sys.maxsize if writeup.published is None else writeup.published
        teams = {self.team_of(person, at) for person in writeup.contributors | writeup.responders}
        return teams - {None, ""}

    def is_assigned(self, event):
        """Whether a read was told, by itself or by an assignment of its write-up."""
        at, person, data = event["at"], event["person"], event["data"]
        team = data.get("team") or self.team_of(person, at)
        joined = self._joined.get(person)
        new = joined is not None and joined <= at < joined + self.parameters["newcomer_days"] * DAY
        for one in event["writeup"].assignments:
            if millis(one["from"]) <= at < millis(one["to"]):
                if one.get("newcomers"):
                    if new:
                        return True
                elif one.get("team") in (None, "", team):
                    return True
        return bool(data.get("assigned"))

    def _place(self, events):
        """Where and when: the target resolved, a day's count at its local noon."""
        for event in events:
            event["writeup"] = self._names.get(event.get("subject"))
            event["person"] = self.who(event["data"].get("person"))
            at = millis(event["time"]) if event.get("time") else None
            event["reported"] = at
            if event["kind"] == "read_count" and event["data"]["granularity"] == "day":
                event["day"] = self.calendar.date(at)
                at = self.calendar.noon(event["day"])
            event["at"] = at

    def _exclude(self, events):
        instants = Counter((e["source"], e["at"]) for e in events if e["kind"] == "comment")
        self.kept, self.left_out = defaultdict(list), defaultdict(list)
        for event in events:
            reason = self._reason(event, instants)
            if by_hand(event):
                continue
            if reason:
                self.received[reason] += 1
                self.left_out[reason].append(event)
            else:
                self.kept[event["kind"]].append(event)

    def _reason(self, event, instants):
        kind, at, writeup = event["kind"], event["at"], event["writeup"]
        if kind in ("writeup", "person", "coverage", "annotation"):
            # The registry says what is so, not what happened: it is bound late, never in the future.
            return None
        if at >= self.as_of:
            return "future"
        if writeup is None and (event.get("subject") or kind != "attendance"):
            return "unknown_writeup"
        if writeup and writeup.deleted is not None and at >= writeup.deleted:
            return "after_delete"
        data = event["data"]
        if self.is_excluded(event["person"]):
            return "excluded"
        # What an agent read and another source saw better is the other source's.
        if (event["source"], event["id"]) in self.beaten:
            return None
        if self.is_program(event["person"]):
            return "bot"
        if kind == "read" and (data.get("bot") or data.get("agent")):
            return "bot"
        if kind == "comment" and instants[(event["source"], at)] > 10:
            return "bot"
        return None

    def is_excluded(self, person):
        return bool(self._excluded.get(person))

    def is_program(self, person):
        return self._kind.get(person, "person") != "person"

    def _by_people(self, read):
        """By nobody who is excluded, and by no program."""
        person, data = read["person"], read["data"]
        return not (self.is_excluded(person) or self.is_program(person) or data.get("bot") or data.get("agent"))

    def _observe(self, coverage, events):
        """Observed time by source, then by write-up, for reads and for comments."""
        known = {e["source"] for e in events}
        for kinds, name in ((("read", "read_count"), "reads"), (("comment",), "comments"),
                            (("edit",), "edits"), (("link",), "links"), (("attendance",), "attendance"),
                            (("read",), "named")):
            stated, prefixes, first = defaultdict(list), defaultdict(list), {}
            delivered, came, people = defaultdict(Counter), defaultdict(set), set()
            for event in events:
                at = event["reported"]
                # What came at or after as_of was not known then.
                if event["kind"] not in kinds or at is None or at >= self.as_of:
                    continue
                source = event["source"]
                first[source] = min(first.get(source, at), at)
                if event["person"] is not None:
                    people.add(source)
                if event["writeup"]:
                    delivered[event["writeup"].id][source] += 1
                    # That a program reads says nothing of whether people would be seen.
                    if event["kind"] != "read" or self._by_people(event):
                        came[event["writeup"].id].add(event["kind"])
            for event in coverage:
                data = event["data"]
                if data["kind"] not in kinds:
                    continue
                to = millis(data["to"]) if data.get("to") else self.as_of
                window = (millis(data["from"]), to)
                if data["scope"] in known:
                    stated[data["scope"]].append(window)
                else:
                    prefixes[event["source"]].append((data["scope"], window))
            watch = Watch(stated, prefixes, first, self.as_of)
            if name in ("attendance", "named"):
                # Of all of them together: whoever brings a tenth of the events watches them.
                counts = Counter(e["source"] for e in events
                                 if e["kind"] in kinds and e["at"] is not None and e["at"] < self.as_of)
                setattr(self, name + "_observed", watch.together(counts))
                continue
            # Write-ups with the same main source are watched by whoever brings a tenth of the
            # events of all of them.
            main = {id_: min(counts, key=lambda s: (-counts[s], s))
                    for id_, counts in delivered.items()}
            sums = defaultdict(Counter)
            for id_, source in main.items():
                sums[source].update(delivered[id_])
            circles = {source: {s for s, n in counts.items()
                                if s == source or n * 10 >= sum(counts.values())}
                       for source, counts in sums.items()}
            for writeup in self.writeups.values():
                writeup.watchers = circles[main[writeup.id]] if writeup.id in main else set()
            for writeup in self.writeups.values():
                watchers = writeup.watchers or watch.presumed(writeup, self.writeups.values())
                each = [watch.windows(s, writeup) for s in watchers or watch.sources]
                if watchers:
                    windows = each[0]
                    for one in each[1:]:
                        windows = windows.intersection(one)
                    steady = Steady(each)
                else:
                    parts = [tuple(p) for one in each for p in one.parts]
                    windows = steady = Windows(parts, self.as_of)
                setattr(writeup, name + "_observed", windows)
                setattr(writeup, name + "_steady", steady)
                if name == "reads":
                    writeup.counts_only = (
                        came[writeup.id] == {"read_count"}
                        or not any(s in people for s in watchers or watch.sources))
        for writeup in self.writeups.values():
            each = (writeup.comments_observed, writeup.edits_observed, writeup.links_observed)
            parts = [tuple(p) for windows in each for p in windows.parts]
            writeup.contributions_observed = Windows(parts, self.as_of)


class Watch:
    """When sources watched."""

    def __init__(self, stated, prefixes, first, as_of):
        self.stated, self.prefixes, self.first, self.as_of = stated, prefixes, first, as_of
        self.sources = set(stated) | set(prefixes) | set(first)

    def windows(self, source, writeup):
        by_prefix = [w for prefix, w in self.prefixes.get(source, ())
                     if any(n.startswith(prefix) for n in writeup.names)]
        if by_prefix or self.stated.get(source):
            return Windows(by_prefix or self.stated[source], self.as_of)
        if source in self.first:
            return Windows([(self.first[source], self.as_of)], self.as_of)
        return Windows([], self.as_of)

    def together(self, counts):
        """When every source watched that brings a good part of the events."""
        parts = None
        main = min(counts, key=lambda s: (-counts[s], s), default=None)
        for source, n in counts.items():
            if source == main or n * 10 >= sum(counts.values()):
                own = [w for _, w in self.prefixes.get(source, ())] + self.stated.get(source, [])
                own = Windows(own or [(self.first[source], self.as_of)], self.as_of)
                parts = own if parts is None else parts.intersection(own)
        return Windows([], self.as_of) if parts is None else parts

    def presumed(self, writeup, others):
        """Who watches a write-up of which nothing has come; nobody: any of the sources may."""
        stating = {s for s, list_ in self.prefixes.items()
                   if any(n.startswith(prefix) for prefix, _ in list_ for n in writeup.names)}
        if stating:
            return stating
        return {s for other in others if writeup.host and other.host == writeup.host
                for s in other.watchers}


def read(lines):
    """Events of CONTRACT, one by one; a line may hold a batch."""
    for line in lines:
        if not line.strip():
            continue
        parsed = json.loads(line)
        for event in parsed if isinstance(parsed, list) else [parsed]:
            kind = event["type"].removeprefix("org.readback.").removesuffix(".v1")
            data = {k: v for k, v in (event.get("data") or {}).items() if v not in (None, "")}
            yield {"kind": kind, "source": event["source"], "id": event["id"],
                   "subject": event.get("subject"), "time": event.get("time"),
                   "version": int(data.get("version", 0)), "data": data}


def by_hand(event):
    return event["kind"] == "person" and event["source"] == "registry"


def spoken(event):
    """Later words come later."""
    return (millis(event["time"]) if event["time"] else 0, event["version"])


def month(day):
    return day.replace(day=1)


def next_month(first):
    return (first + timedelta(days=32)).replace(day=1)
