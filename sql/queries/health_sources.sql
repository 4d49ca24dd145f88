-- one, other, writeups, people, one_people, other_people, one_reads, other_reads: pairs of sources that both
-- saw reads of a write-up before the local day {boundary:Int32}, what each saw of it between the first and the
-- last day on which both had seen it, and who is known to either to have read there. Restricted write-ups are
-- left out. {registry:UInt32}. Store::compared_sources.
WITH
    day AS
    (
        -- Of a source that tells reads and figures the reads count.
        SELECT writeup, date, toString(source) AS source, argMin(seen, counter) AS reads,
            groupBitmapMergeState(named) AS people
        FROM
        (
            SELECT writeup, date, source, counter, sum(d.reads) AS seen, groupBitmapMergeState(d.people) AS named
            FROM derived_source_day AS d
            WHERE date < {boundary:Int32}
              AND d.reads > 0
              AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
              AND writeup NOT IN
                  (SELECT number FROM registry_writeup WHERE generation = {registry:UInt32} AND restricted)
            GROUP BY writeup, date, source, counter
        )
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
    p.one AS one,
    p.other AS other,
    uniqExact(p.writeup) AS writeups,
    toUInt64(groupBitmapMerge(d.people)) AS people,
    toUInt64(groupBitmapMergeIf(d.people, d.source = p.one)) AS one_people,
    toUInt64(groupBitmapMergeIf(d.people, d.source = p.other)) AS other_people,
    sumIf(d.reads, d.source = p.one) AS one_reads,
    sumIf(d.reads, d.source = p.other) AS other_reads
FROM pair AS p
INNER JOIN day AS d ON p.writeup = d.writeup
WHERE d.date BETWEEN p.since AND p.until AND d.source IN (p.one, p.other)
GROUP BY one, other
ORDER BY one, other
