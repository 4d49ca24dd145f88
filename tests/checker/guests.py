"""Who was invited to which review, and who came: everything that the events say of one (meeting, person)
put together."""

from model import DAY, thousandths


class Guest:
    """One (meeting, person), or one dial-in, from however many events."""

    def __init__(self, meeting, person, writeup):
        self.meeting, self.person, self.writeup = meeting, person, writeup
        self.role = self.partstat = self.present = self.host = None
        self.roles, self.answers, self.teams = [], [], {True: [], False: []}
        self.mandatory, self.length, self.spoke, self.start = False, None, None, None
        self.recorded = False
        self.by_name, self.lists, self.listed = False, set(), None
        self.grouped, self.uncounted = False, 0

    def add(self, data, at=0, start=0):
        """The last role that was stated, and the answer that was valid when the meeting began."""
        role, answer = (data.get("role") or "").upper(), (data.get("partstat") or "").upper()
        if role or answer:
            self.by_name = self.by_name or not data.get("via")
        if data.get("via"):
            self.lists.add(data["via"])
        if role:
            self.roles.append((data.get("role_stated", True), at, role))
            self.role = max(self.roles)[2]
        if answer:
            self.answers.append((at <= start, at, answer))
            self.partstat = max(self.answers)[2]
        if data.get("present_s") is not None:
            self.present = (self.present or 0) + thousandths(data["present_s"])
        if data.get("attended") is not None:
            self.host = bool(self.host) or data["attended"]
        self.mandatory = self.mandatory or bool(data.get("mandatory"))
        if data.get("spoke_s") is not None:
            self.spoke = (self.spoke or 0) + thousandths(data["spoke_s"])

    def team(self):
        """What the events say, else the roster; the last word of either."""
        words = self.teams[True] or self.teams[False]
        return max(words)[1] if words else None

    def attended(self, least_ms):
        if self.present is None:
            return bool(self.host)
        # Nobody was there for longer than the meeting lasted.
        present = self.present if self.length is None else min(self.present, self.length)
        return present >= least_ms

    def invited(self):
        return self.role is not None or self.partstat is not None

    def voluntary(self):
        role = self.role or ("REQ-PARTICIPANT" if self.invited() else None)
        had_to = role in ("CHAIR", "REQ-PARTICIPANT") or self.mandatory
        return not had_to and not self.is_responder()

    def is_responder(self):
        return self.about is not None and self.person in self.about.responders

    def duty(self, large_list):
        """Why they came: had_to_come, role_not_stated (a part of it), open_invitation or uninvited."""
        is_author = self.about is not None and self.person in self.about.contributors
        if self.mandatory or self.is_responder() or is_author or self.role == "CHAIR":
            return "had_to_come"
        if not self.invited():
            return "open_invitation" if self.grouped else "uninvited"
        by_list = not self.by_name and self.listed is not None and self.listed > large_list
        if self.role in ("OPT-PARTICIPANT", "NON-PARTICIPANT") or by_list:
            return "open_invitation"
        return "had_to_come" if any(stated for stated, _, _ in self.roles) else "role_not_stated"


def is_group(event):
    data = event["data"]
    said = data.get("present_s") is not None or data.get("attended") is not None
    return event["person"] is None and bool(data.get("via")) and not said


def all_guests(world):
    """Everybody who was invited or came, by meeting."""
    guests, starts, ends = {}, {}, {}
    writeups = {}
    for event in world.kept["attendance"]:
        data, at = event["data"], event["at"]
        meeting = data["meeting"]
        ends[meeting] = max(at, ends.get(meeting, at))
        if data.get("present_s") is not None or data.get("attended") is not None:
            starts[meeting] = min(at, starts.get(meeting, at))
    # A group of which nobody is known is no guest, and whoever came may have come through it.
    groups = {event["data"]["meeting"] for event in world.kept["attendance"] if is_group(event)}
    for n, event in enumerate(world.kept["attendance"]):
        if is_group(event):
            continue
        meeting, person = event["data"]["meeting"], event["person"]
        key = (meeting, person) if person is not None else (meeting, None, n)
        start = starts.get(meeting, ends[meeting])
        guest = guests.setdefault(key, Guest(meeting, person, event["writeup"]))
        guest.add(event["data"], event["at"], start)
        guest.start = start
        guest.recorded = meeting in starts
        guest.grouped = meeting in groups
        for stated, team in ((True, event["data"].get("team")), (False, world.team_of(person, event["at"]))):
            if team:
                guest.teams[stated].append((event["at"], team))
        if event["writeup"]:
            writeups.setdefault(meeting, event["writeup"])
    rows = list(guests.values())
    # Rooms and telephones behind which may have been people whom nobody names: the last word.
    rooms = {}
    for event in sorted(world.kept["meeting"], key=lambda event: event["version"]):
        if event["data"].get("rooms") is not None:
            rooms[event["data"]["meeting"]] = event["data"]["rooms"]
    lists = {}
    for event in world.kept["attendance"]:
        if event["data"].get("via"):
            if event["person"] is not None:
                lists.setdefault((event["data"]["meeting"], event["data"]["via"]), set()).add(event["person"])
    # What is told with who came is how long it was; what else is told, how long it was to be.
    told, meant, stayed, planned = {}, {}, {}, set()
    for event in world.kept["attendance"]:
        data, meeting = event["data"], event["data"]["meeting"]
        if data.get("meeting_s"):
            came = data.get("present_s") is not None or data.get("attended") is not None
            of_kind = told if came else meant
            of_kind[meeting] = max(of_kind.get(meeting, 0), thousandths(data["meeting_s"]))
        if data.get("role") or data.get("partstat") or data.get("mandatory"):
            planned.add(meeting)
    for guest in rows:
        stayed[guest.meeting] = max(stayed.get(guest.meeting, 0), guest.present or 0)
    for guest in rows:
        meeting = guest.meeting
        guest.length, guest.planned = meant.get(meeting), meeting in planned
        guest.uncounted = rooms.get(meeting, 0)
        if meeting in told:
            guest.length = max(told[meeting], min(stayed[meeting], meant.get(meeting, 0)))
        # A meeting tool need not know what the calendar says of the meeting.
        guest.about = guest.writeup or writeups.get(guest.meeting)
        sizes = [len(lists.get((guest.meeting, via), ())) for via in guest.lists]
        guest.listed = max(sizes, default=None)
    # A meeting about what has been there for long tells it again: no review, unless somebody says so.
    late = world.parameters["late_days"] * DAY
    old = {guest.meeting for guest in rows
           if guest.about and guest.about.published is not None and guest.start >= guest.about.published + late}
    return [guest for guest in rows if guest.meeting not in old]
