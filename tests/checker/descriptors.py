"""D1 and D2, written from INDICATORS.md: what goes with late reading. The negative binomial likelihood is
taken as SciPy's gamma functions have it, and its largest value found by the roots of its slopes."""

import math

import numpy as np
from scipy import optimize, special, stats

from model import DAY

TOGETHER = ["diagrams", "hyperlinks", "unexplained_per_1000", "contributors", "log_words"]
APART = ["contributor_teams", "data_sources", "quotations"]


def described(w, name):
    first = w.first
    words = first.get("words") or None
    if name == "unexplained_per_1000":
        unexplained = first.get("acronyms_unexplained")
        return None if words is None or unexplained is None else 1000 * unexplained / words
    if name == "log_words":
        return None if words is None else math.log(words)
    return first.get(name)


def tails(world, facts):
    p = world.parameters
    late, horizon = p["late_days"] * DAY, p["horizon_days"] * DAY
    found, unseen = [], 0
    for w in world.writeups.values():
        old = bool(w.age) and w.age >= 2 * late
        until = w.reads_steady.until(w.published) if w.age else None
        observed = None if until is None else min(w.age, until - w.published)
        if observed is None or observed < 2 * late:
            unseen += old
            continue
        window = min(observed, horizon)
        age, n = facts.ages(w)
        found.append((w, int(n[(age >= late) & (age < window)].sum()), (window - late) / DAY))
    return found, unseen


def d1_d2(world, facts):
    found, unseen = tails(world, facts)
    spearman = {}
    for name in TOGETHER + APART:
        pairs = [(described(w, name), y / days) for w, y, days in found if described(w, name) is not None]
        rho = p = None
        if len(pairs) >= 10:
            x, y = zip(*pairs)
            if len(set(x)) > 1 and len(set(y)) > 1:
                rho, p = map(float, stats.spearmanr(x, y))
        spearman[name] = {"rho": rho, "p": p, "n": len(pairs)}
    names = [name for name in TOGETHER if varies(
        [described(w, name) for w, _, _ in found], max(1, len(found)) / 2)]
    rows = [(w, y, days) for w, y, days in found if all(described(w, name) is not None for name in names)]
    negbin = {"n": len(rows), "needed": 10 * max(1, len(names)), "method": None}
    ratios = {}
    if names and len(rows) >= negbin["needed"]:
        x = np.array([[described(w, name) for name in names] for w, _, _ in rows], float)
        fit = regress(x, np.array([y for _, y, _ in rows], float), np.log([d for _, _, d in rows]))
        label = lambda values: dict(zip(["const", *names], map(float, values)))
        negbin |= fit | {"coef": label(fit["coef"]), "se": label(fit["se"])}
        for name in names:
            b, reach = negbin["coef"][name], 1.959963984540054 * negbin["se"][name]
            ratios[name] = {"ratio": math.exp(b), "lo": math.exp(b - reach), "hi": math.exp(b + reach)}
    return {"D1": {"spearman": spearman, "writeups": len(found), "not_yet_observed": unseen},
            "D2": {"negbin": negbin, "rate_ratios": ratios}}


def varies(values, least):
    known = [value for value in values if value is not None]
    return len(known) >= least and len(set(known)) > 1


def regress(x, y, offset):
    """NB2 on standardised columns, or quasi-Poisson where the counts scatter no wider."""
    centre, scale = x.mean(axis=0), x.std(axis=0)
    z = np.column_stack([np.ones(len(y)), (x - centre) / scale])
    # b of the columns as they are = back @ b of the standardised ones.
    back = np.diag([1.0, *(1 / scale)])
    back[0, 1:] = -centre / scale
    b = np.zeros(z.shape[1])
    b[0] = math.log(y.sum() / np.exp(offset).sum())
    for _ in range(100):
        mu = np.exp(z @ b + offset)
        b = b + np.linalg.solve(z.T @ (mu[:, None] * z), z.T @ (y - mu))
    mu = np.exp(z @ b + offset)
    dispersion = float(((y - mu) ** 2 / mu).sum() / (len(y) - len(b)))
    out = {"poisson_loglik": float(stats.poisson.logpmf(y, mu).sum()),
           "pearson_dispersion_poisson": dispersion}
    if ((y - mu) ** 2 - y).sum() <= 0:
        covariance = back @ np.linalg.inv(z.T @ (mu[:, None] * z)) @ back.T * dispersion
        return out | {"method": "quasi_poisson", "coef": back @ b, "se": np.sqrt(np.diag(covariance)),
                      "alpha": None, "loglik": None, "second_route_loglik": None}

    def slopes(at):
        b, r = at[:-1], math.exp(-at[-1])
        mu = np.exp(z @ b + offset)
        of_r = (special.digamma(y + r) - special.digamma(r) + np.log(r / (r + mu))
                + (mu - y) / (r + mu)).sum()
        return np.append(z.T @ ((y - mu) * r / (r + mu)), -r * of_r)

    def loglik(at):
        r, mu = math.exp(-at[-1]), np.exp(z @ at[:-1] + offset)
        return float(stats.nbinom.logpmf(y, r, r / (r + mu)).sum())

    start = np.append(b, math.log(max(((y - mu) ** 2 - y).sum() / (mu ** 2).sum(), 1e-3)))
    near = optimize.minimize(lambda at: -loglik(at), start, jac=lambda at: -slopes(at), method="BFGS").x
    at = optimize.root(slopes, near, tol=1e-14).x
    b, r = at[:-1], math.exp(-at[-1])
    mu = np.exp(z @ b + offset)
    bb = z.T @ ((mu * r * (r + y) / (r + mu) ** 2)[:, None] * z)
    br = -z.T @ ((y - mu) * mu / (r + mu) ** 2)
    rr = -(special.polygamma(1, y + r) - special.polygamma(1, r) + 1 / r - 2 / (r + mu)
           + (r + y) / (r + mu) ** 2).sum()
    information = np.block([[bb, br[:, None]], [br[None, :], np.array([[rr]])]])
    covariance = back @ np.linalg.inv(information)[:-1, :-1] @ back.T
    return out | {"method": "negative_binomial", "coef": back @ b, "se": np.sqrt(np.diag(covariance)),
                  "alpha": 1 / r, "loglik": loglik(at), "second_route_loglik": loglik(at)}
