-- one, other, writeups, people, one_reads, other_reads: pairs of sources that both saw reads of a write-up
-- before the local day {boundary:Int32}, what each saw of it between the first and the last day on which
-- both had seen it, and who is known to have read there. Restricted write-ups are left out.
-- {registry:UInt32}. Store::compared_sources.
WITH
    day AS
    (
        SELECT writeup, date, toString(source) AS source, argMax(reads, rank) AS reads
        FROM derived_source_day
        WHERE date < {boundary:Int32}
          AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
          AND writeup NOT IN
              (SELECT number FROM registry_writeup WHERE generation = {registry:UInt32} AND restricted)
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
    ),
    reader AS
    (
        SELECT p.one AS one, p.other AS other, uniqExact(r.person) AS people
        FROM pair AS p
        INNER JOIN
        (
            SELECT DISTINCT writeup, person
            FROM derived_reader_day
            WHERE (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
        ) AS r ON p.writeup = r.writeup
        GROUP BY one, other
    )
SELECT
    p.one AS one,
    p.other AS other,
    uniqExact(p.writeup) AS writeups,
    any(r.people) AS people,
    sumIf(d.reads, d.source = p.one) AS one_reads,
    sumIf(d.reads, d.source = p.other) AS other_reads
FROM pair AS p
INNER JOIN day AS d ON p.writeup = d.writeup
ANY LEFT JOIN reader AS r ON p.one = r.one AND p.other = r.other
WHERE d.date BETWEEN p.since AND p.until AND d.source IN (p.one, p.other)
GROUP BY one, other
ORDER BY one, other
