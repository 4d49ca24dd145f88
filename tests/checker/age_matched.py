"""T0 and T1, written from INDICATORS.md: late reading by month and by publication cohort."""

import numpy as np

from formulas import trend
from model import DAY, month, next_month
from observed import not_yet_observed, whole_year
from trends import t2_t8


def t0_t1(world, facts):
    p, calendar = world.parameters, world.calendar
    late = p["late_days"] * DAY
    dated = [w for w in world.writeups.values() if w.age]
    if not dated:
        return {"T0": {"series": [], "cohorts": [], "not_yet_observed": 0}}
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
    return {"T0": {"series": series, "cohorts": cohorts,
                   "not_yet_observed": not_yet_observed(world, 2 * p["late_days"])},
            "T1": {"trend": trend([m["window_per_100"] for m in series]),
                   "cohort_trend": trend([c["per_writeup"] for c in cohorts])},
            **t2_t8(world, facts, series, cohorts, observed)}
