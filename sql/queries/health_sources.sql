-- one, other, writeups, days, one_reads, other_reads: pairs of sources that both saw reads of a write-up
-- before the local day {boundary:Int32}, and what each saw of it between the first and the last day on which
-- both had seen it. Store::compared_sources.
WITH
    day AS
    (
        SELECT writeup, date, toString(source) AS source, sum(reads) AS reads
        FROM derived_source_day
        WHERE date < {boundary:Int32}
          AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
        GROUP BY writeup, date, source
    ),
    span AS
    (
        SELECT writeup, source, min(date) AS since, max(date) AS until FROM day GROUP BY writeup, source
    ),
    pair AS
    (
        SELECT a.writeup AS writeup, a.source AS one, b.source AS other,
            greatest(a.since, b.since) AS since, least(a.until, b.until) AS until
        FROM span AS a
        INNER JOIN span AS b ON a.writeup = b.writeup
        WHERE one < other AND since <= until
    )
SELECT
    one,
    other,
    uniqExact(p.writeup) AS writeups,
    uniqExact(p.writeup, d.date) AS days,
    sumIf(d.reads, d.source = one) AS one_reads,
    sumIf(d.reads, d.source = other) AS other_reads
FROM pair AS p
INNER JOIN day AS d ON p.writeup = d.writeup
WHERE d.date BETWEEN p.since AND p.until AND d.source IN (one, other)
GROUP BY one, other
ORDER BY one, other
