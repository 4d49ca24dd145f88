"""The statistics of INDICATORS, by libraries or by the closed form, on plain numbers."""

import math

import numpy as np
import pymannkendall
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from scipy import optimize, stats

Z = 1.959963984540054


def wilson(k, n):
    """A share with its Wilson interval; as a whole null without a denominator (INDICATORS 1)."""
    if n == 0:
        return None
    interval = stats.binomtest(int(k), int(n)).proportion_ci(0.95, method="wilson")
    return {"k": int(k), "n": int(n), "p": k / n, "lo": interval.low, "hi": interval.high}


def poisson_rate(k, exposure):
    """A rate with its exact interval."""
    if exposure <= 0:
        return None, None, None
    low = stats.chi2.ppf(0.025, 2 * k) / 2 if k else 0.0
    high = stats.chi2.ppf(0.975, 2 * k + 2) / 2
    return k / exposure, low / exposure, high / exposure


def clustered_ratio(pairs, ceiling=1.0):
    """Sum y / sum x over clusters, the linearised standard error, interval cut to [0, ceiling]."""
    y = np.array([p[0] for p in pairs], float)
    x = np.array([p[1] for p in pairs], float)
    n = len(pairs)
    out = {"num": float(y.sum()), "den": float(x.sum()), "clusters": n}
    if x.sum() == 0:
        return out | {"ratio": None, "se": None, "lo": None, "hi": None}
    ratio = y.sum() / x.sum()
    se = lo = hi = None
    if n > 1:
        residual = y - ratio * x
        se = math.sqrt(n / (n - 1) * float((residual**2).sum())) / x.sum()
    if n >= 5:
        lo, hi = max(0.0, ratio - Z * se), min(ceiling, ratio + Z * se)
    return out | {"ratio": ratio, "se": se, "lo": lo, "hi": hi}


def kaplan_meier(times, events, at, rmst=None, drawn=None):
    """S at some times with log(-log) limits, median, RMST, and the drawn curve: week by week to the
    horizon of the RMST, or on the days that are asked for."""
    drawn = [*range(0, rmst, 7), rmst] if rmst else drawn or []
    out = {}
    n = len(times)
    if n == 0:
        for t in at:
            out |= {f"S_{t}": None, f"S_{t}_lo": None, f"S_{t}_hi": None}
        out |= {"median": None, "n": 0, "events": 0} | ({"curve": []} if drawn else {})
        return out | ({f"rmst_{rmst}": None} if rmst else {})
    fitter = KaplanMeierFitter().fit(times, events)
    curve = fitter.survival_function_.iloc[:, 0]
    limits = fitter.confidence_interval_

    def point(t):
        s = float(curve[curve.index <= t].iloc[-1])
        row = limits[limits.index <= t].iloc[-1]
        # lifelines fills in limits where S is 0; there are none. Where S is still 1 there is no
        # variance: both limits are 1.
        lo, hi = (None, None) if s <= 1e-12 else (float(row.iloc[0]), float(row.iloc[1]))
        return s, lo, hi

    for t in at:
        out |= dict(zip((f"S_{t}", f"S_{t}_lo", f"S_{t}_hi"), point(t)))
    curve_drawn = [{"day": t, **dict(zip(("S", "lo", "hi"), point(t))),
                     "at_risk": sum(time >= t for time in times)} for t in drawn]
    if drawn:
        out["curve"] = curve_drawn
    below = curve[curve <= 0.5 + 1e-9]
    out["median"] = float(below.index[0]) if len(below) else None
    if rmst:
        area, last_t, last_s = 0.0, 0.0, 1.0
        for t, s in curve.items():
            if t >= rmst:
                break
            area += last_s * (t - last_t)
            last_t, last_s = t, s
        out[f"rmst_{rmst}"] = area + last_s * (rmst - last_t)
    return out | {"n": n, "events": int(sum(events))}


def logrank(groups):
    """Log-rank test over groups of (times, events); groups of nobody are left out."""
    times, events, labels = [], [], []
    for label, (t, e) in groups.items():
        times += list(t)
        events += list(e)
        labels += [label] * len(t)
    distinct = len(set(labels))
    if distinct < 2 or sum(events) == 0:
        return {"chi2": None, "df": distinct - 1 if distinct > 1 else None, "p": None}
    result = multivariate_logrank_test(times, labels, events)
    return {"chi2": float(result.test_statistic), "df": distinct - 1, "p": float(result.p_value)}


def _two_sided(z):
    return math.erfc(abs(z) / math.sqrt(2))


def _z(s, variance):
    if s == 0 or variance == 0:
        return 0.0
    return (s - math.copysign(1, s)) / math.sqrt(variance)


def trend(values):
    """T1 and T2 on a monthly series in which None means no value. Under 12 values: no test."""
    known = [(t, v) for t, v in enumerate(values) if v is not None]
    n = len(known)
    if n < 12:
        return {"n": n, "recommended": {"verdict": "too early"}}
    t = np.array([k[0] for k in known], float)
    t -= t[0]
    x = np.array([k[1] for k in known], float)
    plain = pymannkendall.original_test(x)
    s, var_s = float(plain.s), float(plain.var_s)
    pairs = n * (n - 1) / 2
    tau_b = stats.kendalltau(np.arange(n), x).statistic
    sen = stats.theilslopes(x, t, 0.95)
    residual = x - sen.slope * t
    centred = residual - residual.mean()
    total = float((centred**2).sum())
    r1 = float((centred[1:] * centred[:-1]).sum()) / total if total > 0 else 0.0
    var_star = var_s * max(1.0, 1 + 2 * (1 - 1 / n) * r1)
    z_star = _z(s, var_star)
    p_star = _two_sided(z_star)
    verdict = "no clear trend"
    if p_star < 0.05:
        verdict = "rising" if s > 0 else "falling"
    z = _z(s, var_s)
    sen_limits = sens_limits(t, x, var_star)
    display = {"slope": float(sen.slope), "lo": sen_limits[0], "hi": sen_limits[1]}
    level = float(np.median(x))
    return {
        "n": n, "S": s, "var_s": var_s, "z": z, "p": _two_sided(z), "tau_a": s / pairs,
        "tau_b": None if math.isnan(tau_b) else float(tau_b),
        "theil_sen": {"slope": float(sen.slope), "intercept_scipy": float(sen.intercept),
                      "lo": float(sen.low_slope), "hi": float(sen.high_slope)},
        "recommended": {"var_s": var_star, "z": z_star, "p": p_star, "verdict": verdict},
        "theil_sen_display": display,
        "percent_per_month": {name: 100 * value / level if level > 0 else None for name, value in display.items()},
    }


def sens_limits(t, x, variance):
    """Sen's limits of the slope, with any variance of S."""
    each = np.sort([(x[j] - x[i]) / (t[j] - t[i]) for i in range(len(x)) for j in range(i + 1, len(x))])
    reach = Z * math.sqrt(variance)
    low = max(round((len(each) - reach) / 2) - 1, 0)
    high = min(round((len(each) + reach) / 2), len(each) - 1)
    return float(each[low]), float(each[high])


def gini(values):
    """Half the relative mean difference, pair by pair; none of fewer than two, nor of nothing."""
    x = np.asarray(values, float)
    if len(x) < 2 or x.sum() == 0:
        return None
    return float(np.abs(x[:, None] - x[None, :]).sum() / (2 * len(x) ** 2 * x.mean()))


def quantile(values, q):
    """Type 7; no quantile of nothing."""
    return float(np.quantile(values, q)) if len(values) else None


def double_clicks(clicks, window_ms=30_000):
    """Indices of the clicks of one key that stay: those whose next is further away."""
    return [i for i, at in enumerate(clicks)
            if i + 1 == len(clicks) or clicks[i + 1] - at > window_ms]


def goes_quiet(ages, observed, quiet):
    """(T, whether it was declared quiet) of L5; a gap of exactly `quiet` counts."""
    last = 0
    for age in [a for a in ages if a <= observed]:
        if age - last >= quiet:
            break
        last = age
    declared = last + quiet
    return (declared, 1) if declared <= observed else (observed, 0)


def revivals(ages, quiet):
    """Gaps of at least `quiet`, from publication on, that ended with a read (L6)."""
    return sum(1 for a, b in zip([0, *ages], ages) if b - a >= quiet)


def weibull(x):
    """Shape and scale of largest likelihood: SciPy's own fit stops too early for nine digits."""
    logs = np.log(x)
    scaled = x / x.max()
    slope = lambda k: np.average(logs, weights=scaled ** k) - 1 / k - logs.mean()
    high = 1.0
    while slope(high) < 0:
        high *= 2
    k = optimize.brentq(slope, 1e-6, high, xtol=1e-14, rtol=1e-14)
    return float(k), float(x.max() * np.mean(scaled ** k) ** (1 / k))


def counter_increments(samples):
    """R6: (increment, flag) between neighbours of [(ms, figure)]; the flag is '', 'reset', 'fix' or,
    over one and a half polling periods, 'gap' beside it."""
    largest = {}
    for at, figure in samples:
        largest[at] = max(figure, largest.get(at, 0))
    points = sorted(largest.items())
    steps = sorted(b[0] - a[0] for a, b in zip(points, points[1:]))
    found = []
    for (t0, c0), (t1, c1) in zip(points, points[1:]):
        flag = "" if c1 >= c0 else "fix" if 10 * c1 >= 9 * c0 else "reset"
        added = {"": c1 - c0, "fix": 0, "reset": c1}[flag]
        gap = 2 * (t1 - t0) > 3 * steps[(len(steps) - 1) // 2]
        found.append((added, flag, gap))
    return found
