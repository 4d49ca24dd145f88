"""Observed time (INDICATORS 1): windows, and which write-ups were watched for long enough."""


DAY = 86_400_000


class Windows:
    """Sorted, disjoint, half-open times of observation."""

    def __init__(self, intervals, as_of):
        self.parts = []
        for a, b in sorted((a, min(b, as_of)) for a, b in intervals):
            if a >= b:
                continue
            if self.parts and a <= self.parts[-1][1]:
                self.parts[-1][1] = max(self.parts[-1][1], b)
            else:
                self.parts.append([a, b])

    def intersection(self, other):
        return Windows([(max(a, x), min(b, y)) for a, b in self.parts for x, y in other.parts],
                       float("inf"))

    def overlap(self, a, b):
        return sum(max(0, min(b, y) - max(a, x)) for x, y in self.parts)

    def covers(self, a, b):
        return any(x <= a and b <= y for x, y in self.parts)

    def holds(self, at):
        return any(x <= at < y for x, y in self.parts)

    def until(self, at):
        return next((y for x, y in self.parts if x <= at < y), None)


class Steady(Windows):
    """When any of these watched, in a new part wherever others watch than before."""

    def __init__(self, each):
        cuts = sorted({end for one in each for part in one.parts for end in part})
        self.parts = [[a, b] for a, b in zip(cuts, cuts[1:]) if any(one.covers(a, b) for one in each)]


def whole_year(world, days, name="reads_steady"):
    """Write-ups that lived and were observed from publication on for so many days."""
    span = days * DAY
    return [w for w in world.writeups.values() if w.age and w.age >= span
            and getattr(w, name).covers(w.published, w.published + span)]


def not_yet_observed(world, days, name="reads_steady"):
    """How many lived as long and were not."""
    old = sum(1 for w in world.writeups.values() if w.age and w.age >= days * DAY)
    return old - len(whole_year(world, days, name))
