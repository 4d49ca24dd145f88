"""L7 to L10, written from INDICATORS.md: which law fades, what woke up, bursts, concentration."""

import math
from collections import Counter
from datetime import timedelta

import numpy as np
from scipy import optimize, stats

from formulas import gini
from model import DAY
from trends import bootstrap

MINUTE = 60_000
LAWS = {"exponential": ["mean"], "weibull": ["shape", "scale"], "lognormal": ["mu", "sigma"],
        "lomax": ["shape", "scale"]}


def l7_l10(world, facts):
    return {"L7": {"decay": decay(world, facts)}, "L8": sleeping(world, facts),
            "L9": bursts(world, facts), "L10": {"concentration": concentration(world, facts)}}


def followed(world, w):
    """How long its reads were observed from publication on, ms; None: not at all."""
    until = w.reads_steady.until(w.published) if w.age else None
    return None if until is None else min(until, w.end) - w.published


def decay(world, facts):
    most = world.parameters["horizon_days"] * DAY
    ages, ends, numbers, writeups = [], [], [], 0
    for w in world.writeups.values():
        seen = followed(world, w)
        if seen is None or seen < 30 * DAY:
            continue
        writeups += 1
        end = min(seen, most)
        age, n = facts.ages(w)
        inside = (age > 0) & (age < end)
        ages.append(np.maximum(age[inside], MINUTE) / DAY)
        ends.append(np.full(inside.sum(), end / DAY))
        numbers.append(n[inside])
    join = lambda parts: np.concatenate(parts) if parts else np.array([])
    ages, ends, numbers = join(ages), join(ends), join(numbers).astype(int)
    n = int(numbers.sum())
    if n < 30 or len(set(ages)) < 2:
        return {"n": n, "writeups": writeups, "models": None, "best_aic": None}
    models = laws(np.repeat(ages, numbers), np.repeat(ends, numbers))
    return {"n": n, "writeups": writeups, "models": models,
            "best_aic": min(models, key=lambda name: models[name]["aic"])}


def laws(a, ends):
    """The four fits of ages a, each seen up to its own end, in days."""
    h, times = np.unique(ends, return_counts=True)
    log, spread = np.log(a).mean(), max(np.log(a).std(), 0.1)
    found = {}
    def law(name, point):
        if name == "exponential":
            return stats.expon(scale=np.exp(point[0])), [np.exp(point[0])]
        p, q = np.exp(point[0]), np.exp(point[1])
        if name == "weibull":
            return stats.weibull_min(p, scale=q), [p, q]
        if name == "lognormal":
            return stats.norm(point[0], q), [point[0], q]
        return stats.lomax(p, scale=q), [p, q]
    def cost(name, point):
        with np.errstate(over="ignore"):
            model, _ = law(name, point)
        x, y, extra = (np.log(a), np.log(h), np.log(a).sum()) if name == "lognormal" else (a, h, 0)
        with np.errstate(all="ignore"):
            # A shape near 0 cancels in the difference: both logarithms are written out.
            if name == "lomax":
                shape, scale = np.exp(point)
                seen = math.log(shape) - math.log(scale) - (shape + 1) * np.log1p(a / scale)
                below = np.log(-np.expm1(-shape * np.log1p(h / scale)))
                value = seen.sum() - (times * below).sum()
            else:
                value = model.logpdf(x).sum() - (times * model.logcdf(y)).sum() - extra
        return -value if np.isfinite(value) else 1e300
    starts = {"exponential": [[math.log(a.mean())]], "weibull": [[-.5, log], [0, math.log(a.mean())]],
              "lognormal": [[log, math.log(spread)], [log + 1, math.log(spread) + .5]],
              "lomax": [[0, log], [-1.5, log - 1]]}
    for name, parameters in LAWS.items():
        best = None
        for start in starts[name]:
            one = optimize.minimize(lambda p: cost(name, p), start, method="Nelder-Mead",
                                    options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000})
            best = one if best is None or one.fun < best.fun else best
        loglik, bound = -best.fun, False
        model, values = law(name, best.x)
        # The edge of a family: a power of the age, or the exponential.
        power = len(a) / (np.log(ends) - np.log(a)).sum()
        at_power = (math.log(power) - np.log(ends) + (power - 1) * (np.log(a) - np.log(ends))).sum()
        edge = {"lognormal": (at_power, lambda: [power * 1e6, math.log(1e3)]),
                "weibull": (at_power, lambda: [math.log(power), math.log(h.max()) + math.log(1e9) / power])}
        if name == "lomax":
            mean = found["exponential"]["params"]["mean"]
            edge["lomax"] = (found["exponential"]["loglik"], lambda: [math.log(1e6), math.log(mean * 1e6)])
        value, point = edge.get(name, (-math.inf, None))
        if value >= loglik - 1e-9 * abs(loglik):
            loglik, bound = float(value), True
            model, values = law(name, point())
        if name == "lognormal":
            u = np.exp(model.logcdf(np.log(a)) - model.logcdf(np.log(ends)))
        else:
            u = np.exp(model.logcdf(a) - model.logcdf(ends))
        if name == "lomax":
            flat = lambda s: (np.log(np.exp(s) + a).sum()
                              + (times * np.log(np.log1p(h / np.exp(s)))).sum())
            none = optimize.minimize_scalar(flat, (log - 2, log), options={"xtol": 1e-12})
            if -none.fun >= loglik - 1e-9 * abs(loglik):
                loglik, bound, values = -none.fun, True, [0.0, math.exp(none.x)]
                u = np.log1p(a / values[1]) / np.log1p(ends / values[1])
        k = len(parameters)
        found[name] = {"params": dict(zip(parameters, map(float, values))), "loglik": loglik, "k": k,
                       "aic": 2 * k - 2 * loglik, "bic": k * math.log(len(a)) - 2 * loglik,
                       "ks": float(stats.kstest(u, "uniform").statistic), "at_bound": bound}
    least = min(fit["aic"] for fit in found.values())
    total = sum(math.exp((least - fit["aic"]) / 2) for fit in found.values())
    for fit in found.values():
        fit["akaike_weight"] = math.exp((least - fit["aic"]) / 2) / total
    return found


def beauty(c):
    """B, peak and awakening of reads by thirty days."""
    c = np.asarray(c, float)
    if len(c) < 3 or c.sum() == 0:
        return None
    t_m = int(c.argmax())
    t = np.arange(t_m + 1)
    if t_m == 0:
        return {"B": 0.0, "t_m": 0, "t_a": 0, "c_tm": float(c[0])}
    line = (c[t_m] - c[0]) / t_m * t + c[0]
    away = np.abs((c[t_m] - c[0]) * t - t_m * c[t] + t_m * c[0]) / math.hypot(c[t_m] - c[0], t_m)
    return {"B": float(((line - c[t]) / np.maximum(1, c[t])).sum()), "t_m": t_m,
            "t_a": int(np.round(away, 12).argmax()), "c_tm": float(c[t_m])}


def sleeping(world, facts):
    named, many = [], 0
    for w in sorted(world.writeups.values(), key=lambda w: w.id):
        seen = followed(world, w)
        if seen is None:
            continue
        age, n = facts.ages(w)
        bins = Counter()
        for at, times in zip(age // (30 * DAY), n):
            bins[int(at)] += int(times)
        found = beauty([bins[t] for t in range(seen // (30 * DAY))])
        if found is None:
            continue
        many += 1
        if found["B"] > 0:
            named.append((w, found))
    told = [{"writeup": w.id, **found} for w, found in named
            if not w.restricted and (w.deleted is None or w.deleted >= world.as_of)]
    told.sort(key=lambda one: -round(one["B"] * 1e9))
    return {"beauty_top": told[:10], "writeups": many, "awakened": len(named)}


def kleinberg(r, d):
    """The cheapest way through two states, each kept whole; of equal ones the lower state."""
    if sum(r) == 0:
        return None
    p = [sum(r) / sum(d)]
    p.append(min(2 * p[0], 0.9999))
    if p[0] >= p[1]:
        return None
    cost = [[-(x * math.log(q) + (y - x) * math.log1p(-q)) for x, y in zip(r, d)] for q in p]
    up, slack = math.log(len(r)), 1e-9
    # Against the low state all the way, as sums of what is saved.
    best = [(0.0, []), (math.inf, [])]
    for low, high in zip(*cost):
        into_low = min(best, key=lambda way: way[0]) if best[1][0] < best[0][0] - slack else best[0]
        into_high = best[1] if best[1][0] < best[0][0] + up - slack else (best[0][0] + up, best[0][1])
        best = [(into_low[0], into_low[1] + [0]), (into_high[0] + high - low, into_high[1] + [1])]
    states = (best[1] if best[1][0] < best[0][0] - slack else best[0])[1]
    found, saved = [], [low - high for low, high in zip(*cost)]
    for at, state in enumerate(states):
        if state and at and states[at - 1]:
            found[-1]["end"] = at
            found[-1]["weight"] += saved[at]
        elif state:
            found.append({"begin": at, "end": at, "weight": saved[at]})
    return {"p0": p[0], "p1": p[1], "n": len(r), "bursts": found}


def bursts(world, facts):
    calendar, week = world.calendar, timedelta(days=7)
    monday = [day - timedelta(days=day.weekday()) for day in facts.reads["date"]]
    everything, own = Counter(), Counter()
    for at, w, n in zip(monday, facts.reads["w"], facts.reads["n"]):
        everything[at] += int(n)
        own[w, at] += int(n)
    named, looked_at = [], 0
    for w in sorted(world.writeups.values(), key=lambda w: w.id):
        if w.restricted or w.deleted is not None and w.deleted < world.as_of or not w.age:
            continue
        first = calendar.date(w.published)
        first -= timedelta(days=first.weekday())
        if calendar.midnight(first) < w.published:
            first += week
        weeks, at = [], first
        while calendar.midnight(at + week) <= world.as_of:
            seen = w.reads_observed.covers(calendar.midnight(at), calendar.midnight(at + week))
            weeks.append((own[w.id, at], everything[at]) if seen else (0, 0))
            at += week
        if not weeks:
            continue
        looked_at += 1
        found = kleinberg(*zip(*weeks))
        if found is None:
            continue
        for burst in found["bursts"]:
            burst["launch"] = burst["begin"] == 0
        later = [burst["weight"] for burst in found["bursts"] if not burst["launch"]]
        if later:
            year, number, _ = first.isocalendar()
            named.append((max(later), {"writeup": w.id, "first_week": f"{year}-W{number:02d}", **found}))
    named.sort(key=lambda one: -round(one[0] * 1e9))
    return {"bursts": [one for _, one in named[:20]], "writeups": len(named), "looked_at": looked_at}


def gini_of_rows(x, axis=-1):
    """By ranks; each row of a resample for itself."""
    ordered = np.sort(x, axis=axis)
    n = ordered.shape[axis]
    return ((2 * np.arange(1, n + 1) - n - 1) * ordered).sum(axis=axis) / (n * ordered.sum(axis=axis))


def concentration(world, facts):
    since = world.as_of - world.parameters["horizon_days"] * DAY
    recent = facts.reads[facts.reads["at"] >= since].groupby("w")["n"].sum()
    x = np.array([int(recent.get(w.id, 0)) for w in world.writeups.values()
                  if w.published is not None and w.published < world.as_of
                  and (w.deleted is None or w.deleted >= world.as_of)], float)
    n, total = len(x), x.sum()
    found = {"writeups": n, "reads": int(total), "zero_read": int((x == 0).sum())}
    if total == 0:
        return found | dict.fromkeys(["gini", "gini_lo", "gini_hi", "gini_unbiased", "top20_share", "entropy_nats",
                                      "effective_number", "hhi", "lorenz"])
    cuts = [*sorted({part * n // 10 for part in range(1, 10)} - {0}), n]
    after = np.cumsum(np.sort(x))
    share = np.sort(x)[::-1] / total
    uneven = gini(x) if n > 1 else 0.0
    spread = float(stats.entropy(x))
    limits = bootstrap(x, gini_of_rows)
    return found | {"gini": uneven, "gini_lo": limits["lo"], "gini_hi": limits["hi"], "gini_unbiased": uneven * n / (n - 1) if n > 1 else None,
                    "top20_share": float(share[:math.ceil(n / 5)].sum()), "entropy_nats": spread,
                    "effective_number": math.exp(spread), "hhi": float((share ** 2).sum()),
                    "lorenz": [{"writeups": cut / n, "reads": float(after[cut - 1] / total)}
                               for cut in cuts]}
