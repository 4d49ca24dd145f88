"""T2 to T8, written from INDICATORS.md: slopes, seasons, change-points, segments, interrupted series,
tests judged together, and intervals."""

import math
import warnings
from calendar import monthrange
from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import pymannkendall
from scipy import stats
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.stats.multitest import multipletests

from formulas import Z, sens_limits, trend
from model import DAY, month, next_month

# What every ratio of T6 is told with.
BESIDE = "One other change at about the same time is enough to explain it."
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def t2_t8(world, facts, series, cohorts, observed):
    """From T0's own series and cohorts, and the write-ups of the latter."""
    first = next((n for n, c in enumerate(cohorts) if c["writeups"]), len(cohorts))
    both = {"months": [m["window_per_100"] for m in series],
            "cohorts": [c["per_writeup"] for c in cohorts[first:]]}
    names = {"months": [m["month"] for m in series], "cohorts": [c["month"] for c in cohorts[first:]]}
    tests = {name: trend(values) for name, values in both.items()}
    seasonal = {name: seasons(values) for name, values in both.items()}
    return {
        "T2": {name: slope(values, tests[name]) for name, values in both.items()},
        "T3": {**seasonal, "weekdays": weekdays(world, facts)},
        "T4": {"pettitt": pettitt(both["months"], names["months"]),
               "cohort_pettitt": pettitt(both["cohorts"], names["cohorts"])},
        "T5": {"pelt": segments(both["months"], names["months"]),
               "cohort_pelt": segments(both["cohorts"], names["cohorts"])},
        "T6": interrupted_all(world, cohorts[first:]),
        "T8": intervals(world, facts, series, observed),
    }


def known(values):
    return [(t, v) for t, v in enumerate(values) if v is not None]


def slope(values, test):
    points = known(values)
    if len(points) < 12:
        return {"n": len(points), "too_early": True, "slope": None}
    shift = points[0][0]
    t = np.array([p[0] - shift for p in points], float)
    x = np.array([p[1] for p in points], float)
    sen = stats.theilslopes(x, t, 0.95)
    # Sen's limits once more, with the variance of the recommended test.
    low, high = sens_limits(t, x, test["recommended"]["var_s"])
    out = {"n": len(x), "too_early": False, "slope": float(sen.slope), "intercept": float(sen.intercept),
           "independent": {"lo": float(sen.low_slope), "hi": float(sen.high_slope)},
           "corrected": {"lo": low, "hi": high}}
    level = float(np.median(x))
    scaled = lambda v: 100 * float(v) / level if level > 0 else None
    return out | {"percent": {"slope": scaled(sen.slope), "lo": scaled(low), "hi": scaled(high)}}


def seasons(values):
    n = len(known(values))
    if n < 24:
        return {"n": n, "p": None, "z": None, "verdict": "too early"}
    # A month without data is skipped and keeps its season.
    x = np.array([np.nan if v is None else v for v in values], float)
    found = pymannkendall.seasonal_test(x, 12)
    slopes = [12 * (values[j] - values[i]) / (j - i) for i in range(len(values))
              for j in range(i + 12, len(values), 12)
              if values[i] is not None and values[j] is not None]
    p = math.erfc(abs(found.z) / math.sqrt(2))
    verdict = "no clear trend" if p >= 0.05 else "rising" if found.s > 0 else "falling"
    return {"n": n, "S": float(found.s), "var_s": float(found.var_s), "z": float(found.z), "p": p,
            "slope_per_year": float(np.median(slopes)) if slopes else None, "verdict": verdict}


def weekdays(world, facts):
    calendar = world.calendar
    by_day = defaultdict(int)
    for row in facts.reads.itertuples():
        by_day[row.w, row.date] += row.n
    near = defaultdict(set)
    for w, day in by_day:
        for n in range(-3, 4):
            near[day + timedelta(n)].add(w)
    ratios = defaultdict(list)
    for day, writeups in near.items():
        a, b = calendar.midnight(day - timedelta(3)), calendar.midnight(day + timedelta(4))
        seen = [w for w in writeups if world.writeups[w].reads_observed.covers(a, b)]
        week = sum(by_day.get((w, day + timedelta(n)), 0) for w in seen for n in range(-3, 4))
        if week:
            ratios[day.weekday()].append(7 * sum(by_day.get((w, day), 0) for w in seen) / week)
    return [{"weekday": name, "days": len(ratios[n]),
             "factor": float(np.median(ratios[n])) if len(ratios[n]) >= 8 else None}
            for n, name in enumerate(WEEKDAYS)]


def pettitt(values, names=None, least=12):
    x = [v for _, v in known(values)]
    at = [t for t, _ in known(values)]
    n = len(x)
    if n < least:
        return {"n": n, "too_early": True, "K": None}
    u = [abs(sum(np.sign(a - b) for a in x[:t + 1] for b in x[t + 1:])) for t in range(n - 1)]
    k, last = max(u), u.index(max(u))
    return {"n": n, "too_early": False, "K": float(k), "last_index_before": last, "cp": last + 1,
            "p_approx": float(min(1, 2 * math.exp(-6 * k * k / (n**3 + n**2)))),
            "first_month_after": names[at[last + 1]] if names else None,
            "level_before": float(np.median(x[:last + 1])), "level_after": float(np.median(x[last + 1:]))}


def pelt(x):
    """Optimal partitioning without any shortcut."""
    d = np.diff(x)
    sigma = 1.4826 * float(np.median(np.abs(d - np.median(d)))) / math.sqrt(2)
    if sigma == 0:
        return None
    n, penalty = len(x), 2 * sigma**2 * math.log(len(x))
    cost = lambda a, b: float(((x[a:b] - x[a:b].mean())**2).sum())
    best, begins = {0: -penalty}, {}
    for end in range(2, n + 1):
        ways = [(best[a] + cost(a, end) + penalty, a) for a in best if end - a >= 2]
        if ways:
            best[end], begins[end] = min(ways)
    breaks, end = [], n
    while begins[end]:
        end = begins[end]
        breaks.insert(0, end)
    return {"penalty": penalty, "sigma_mad": sigma, "breaks": breaks}


def segments(values, names):
    x = np.array([v for _, v in known(values)], float)
    at = [t for t, _ in known(values)]
    early = {"n": len(x), "too_early": len(x) < 12, "penalty": None, "breaks": None}
    found = pelt(x) if len(x) >= 12 else None
    if found is None:
        return early | {"too_early": len(x) < 12}
    ends = [0, *found["breaks"], len(x)]
    return early | found | {"segments": [
        {"first_month": names[at[a]], "n": b - a, "mean": float(x[a:b].mean())} for a, b in zip(ends, ends[1:])]}


def its(times, counts, exposures, t0):
    """Quasi-Poisson by statsmodels: scaled by Pearson's dispersion, and as if it were 1."""
    t = np.array(times, float)
    x = np.column_stack([np.ones(len(t)), t, t >= t0, np.clip(t - t0, 0, None)])
    model = GLM(np.array(counts, float), x, family=families.Poisson(), offset=np.log(np.array(exposures, float)))
    fit = model.fit(scale="X2", tol=1e-14, maxiter=200)
    plain = np.sqrt(np.diag(fit.normalized_cov_params))
    jump, error = float(fit.params[2]), float(plain[2]) * math.sqrt(max(1.0, fit.scale))
    return {"coef": fit.params.tolist(), "se_quasi": fit.bse.tolist(), "dispersion": float(fit.scale),
            "level_ratio": math.exp(jump), "level_ratio_ci": [math.exp(jump - Z * error), math.exp(jump + Z * error)]}


def interrupted_all(world, cohorts):
    said = {}
    for event in world.annotations:
        data = event["data"]
        said[data["on"], data["text"]] = data
    out = []
    for (on, text), data in sorted(said.items()):
        day = date.fromisoformat(on)
        if not data.get("removed") and world.calendar.midnight(day) < world.as_of:
            out.append({"on": on, "text": text, "acts_on": data["acts_on"],
                        "its": interrupted(day, cohorts), "beside": BESIDE})
    for one in out:
        near = [other for other in out if other is not one
                and months_before(one["on"], 6) <= date.fromisoformat(other["on"]) <= months_before(one["on"], -6)]
        one["concurrent"] = len(near)
    return {"its": out[-1]["its"] if out else None, "annotations": out}


def months_before(on, many):
    """The same day of the month so many months before, or that month's last."""
    day = date.fromisoformat(on)
    year, number = divmod(day.year * 12 + day.month - 1 - many, 12)
    return date(year, number + 1, min(day.day, monthrange(year, number + 1)[1]))


def interrupted(day, cohorts):
    after = day if day.day == 1 else next_month(month(day))
    numbered = [(n, c) for n, c in enumerate(cohorts) if c["writeups"]
                and (c["month"] < day.strftime("%Y-%m") or c["month"] >= after.strftime("%Y-%m"))]
    if not numbered:
        return {"n": 0, "told": "too early", "level_ratio": None}
    start = numbered[0][0]
    origin = date.fromisoformat(numbered[0][1]["month"] + "-01")
    t0 = max(0, (after.year - origin.year) * 12 + after.month - origin.month)
    before = sum(c["month"] < after.strftime("%Y-%m") for _, c in numbered)
    out = {"first_after": after.strftime("%Y-%m"), "t0": t0, "n": len(numbered), "before": before,
           "after": len(numbered) - before}
    if min(before, len(numbered) - before) < 4:
        return out | {"told": "too early", "level_ratio": None}
    fit = its([n - start for n, _ in numbered], [c["reads_90_180"] for _, c in numbered],
              [c["writeups"] for _, c in numbered], t0)
    return out | fit | {"told": "estimated"}


def judge(results):
    """T7, and the verdicts of T1, T3 and E1 that go by what it leaves of their p."""
    tests = [("T1", "trend", "recommended"), ("T1", "cohort_trend", "recommended"), ("T3", "months", None),
             ("T3", "cohorts", None), ("E1", "trend", "recommended")]
    found = []
    for code, of, inner in tests:
        test = results.get(code, {}).get(of) or {}
        found.append((code, of, test, test.get(inner, {}) if inner else test))
    results["T7"] = together([(code, of, told.get("p")) for code, of, _, told in found])
    for (_, _, test, told), one in zip(found, results["T7"]["tests"]):
        if one["adjusted"] is not None:
            told["verdict"] = "no clear trend" if one["adjusted"] >= 0.05 else "rising" if test["S"] > 0 else "falling"


def together(tests):
    made = [p for _, _, p in tests if p is not None]
    adjusted = iter(multipletests(made, method="fdr_bh")[1] if made else [])
    each = [{"code": code, "of": of, "adjusted": None if p is None else float(next(adjusted))}
            for code, of, p in tests]
    found = [one["adjusted"] for one in each if one["adjusted"] is not None]
    return {"m": len(made), "rejected_05": sum(p < 0.05 for p in found), "tests": each}


def bootstrap(values, statistic):
    value = float(statistic(values)) if len(values) else None
    if len(values) < 8:
        return {"value": value, "lo": None, "hi": None}
    if min(values) == max(values):
        return {"value": value, "lo": value, "hi": value}
    limits = lambda level: stats.bootstrap((values,), statistic, n_resamples=9999, method="BCa", vectorized=True,
                                           confidence_level=level,
                                           rng=np.random.default_rng(1)).confidence_interval
    with warnings.catch_warnings(action="ignore", category=stats.DegenerateDataWarning):
        lo, hi = (float(limit) for limit in limits(0.95))
    if math.isnan(lo):
        limits = lambda level: unaccelerated(values, statistic, level)
        lo, hi = limits(0.95)
    if statistic is np.median:
        # A median jumps from one value to the next: other resamples may end on either side of a jump.
        (a, d), (b, c) = (tuple(map(float, limits(level))) for level in (0.96, 0.94))
        lo, hi = (a, b), (c, d)
    return {"value": value, "lo": lo, "hi": hi}


def unaccelerated(values, statistic, level):
    """Where leaving one out moves nothing SciPy has no limits: an acceleration of nought has."""
    drawn = stats.bootstrap((values,), statistic, n_resamples=9999, method="percentile", vectorized=True,
                            rng=np.random.default_rng(1)).bootstrap_distribution
    value = statistic(values)
    bias = stats.norm.ppf((np.mean(drawn < value) + np.mean(drawn <= value)) / 2)
    reach = stats.norm.ppf((1 + level) / 2)
    return tuple(float(np.quantile(drawn, stats.norm.cdf(2 * bias + z))) for z in (-reach, reach))


def middle(name, values):
    """A median over meetings or write-ups with its limits."""
    found = bootstrap(np.array(values, float), np.median)
    return {name: found["value"], f"{name}_lo": found["lo"], f"{name}_hi": found["hi"]}


def rate_ratio(k1, e1, k2, e2):
    share = stats.binomtest(k1, k1 + k2).proportion_ci(0.95, method="exact")
    turned = lambda p: p / (1 - p) * e2 / e1
    return {"ratio": k1 / e1 / (k2 / e2) if k2 else None, "lo": turned(share.low),
            "hi": turned(share.high) if k2 else None}


def intervals(world, facts, series, observed):
    late = world.parameters["late_days"] * DAY
    reads = []
    for w in observed:
        age, n = facts.ages(w)
        reads.append(float(n[(age >= late) & (age < 2 * late)].sum()))
    x = np.array(reads)
    few = 0 < len(x) < 8
    out = {"n": len(x), "mean": bootstrap(x, np.mean), "median": bootstrap(x, np.median),
           "least": float(x.min()) if few else None, "most": float(x.max()) if few else None}
    years = None
    if len(series) >= 24:
        sums = lambda part: (sum(m["window_reads"] for m in part), sum(m["window_exposure"] for m in part))
        (k2, e2), (k1, e1) = sums(series[-24:-12]), sums(series[-12:])
        if e1 and e2 and k1 + k2:
            years = {"k_last": k1, "e_last": e1, "k_before": k2, "e_before": e2,
                     **rate_ratio(k1, e1, k2, e2)}
    return {"per_writeup": out, "year_on_year": years}
