-- Page counters' figures of {writeups:Array(UInt32)}; a daily count stands at local noon of its day
-- in {tz:String}. One that is stamped with midnight UTC is of that day by any calendar: counters of UTC days
-- are, and west of Greenwich it would be the evening before. Parameters as in derive_reads. Of each page and
-- day the highest rank counts, among the sources that watch and had seen the page by then: reads before
-- counters, and a counter that sees all before the others, whose figures get label 9. Store::derive.
INSERT INTO derived_count (generation, writeup, label, date, at, age_day, count, cumulative, source, counter, uniques)
WITH
    target AS
    (
        -- As in stage_reads.
        SELECT target, from_ms, number, page, has({writeups:Array(UInt32)}, number) AS wanted
        FROM registry_target
        WHERE generation = {registry:UInt32} AND target IN
        (
            SELECT target
            FROM registry_target
            WHERE generation = {registry:UInt32} AND has({writeups:Array(UInt32)}, number)
        )
    ),
    writeup AS
    (
        SELECT number, published_at, deleted_at
        FROM registry_writeup
        WHERE generation = {registry:UInt32}
    ),
    figure AS
    (
        SELECT c.*, t.number AS number, t.page AS page
        FROM
        (
            SELECT *,
                granularity = 'cumulative' AS cumulative,
                if(
                    NOT cumulative AND toUnixTimestamp64Milli(at) % 86400000 = 0,
                    toDate32(at, 'UTC'),
                    toDate32(at, {tz:String})) AS day,
                toInt32(day) AS date,
                if(cumulative,
                    toUnixTimestamp64Milli(at),
                    toUnixTimestamp64Milli(toDateTime64(concat(toString(day), ' 12:00:00'), 3, {tz:String})))
                    AS noon
            FROM landing_read_count FINAL
            WHERE target IN (SELECT target FROM target)
        ) AS c
        ASOF LEFT JOIN target AS t ON c.target = t.target AND toUnixTimestamp64Milli(c.at) >= t.from_ms
        WHERE t.wanted
    ),
    sight AS
    (
        SELECT page, source, counter, min(date) AS since
        FROM derived_source_day
        WHERE generation = {generation:UInt32} AND has({writeups:Array(UInt32)}, writeup)
          AND NOT counter AND sights > 0
        GROUP BY page, source, counter
        UNION ALL
        SELECT page, source, true AS counter, min(date) AS since
        FROM figure
        WHERE NOT cumulative
        GROUP BY page, source, counter
    ),
    watching AS
    (
        SELECT f.page AS page, f.date AS date, groupUniqArray((toString(s.source), w.rank)) AS sources
        FROM (SELECT DISTINCT page, date FROM figure WHERE NOT cumulative) AS f
        INNER JOIN sight AS s ON f.page = s.page
        INNER JOIN staged_watch AS w ON s.source = w.source AND s.counter = w.counter AND f.date = w.date
        WHERE s.since <= f.date
        GROUP BY page, date
    )
SELECT
    {generation:UInt32},
    f.number,
    multiIf(
        w.deleted_at IS NOT NULL AND f.noon >= w.deleted_at, 2,
        w.published_at IS NOT NULL AND f.noon < w.published_at, 5,
        NOT f.cumulative AND arrayExists(s -> s.1 != f.source AND s.2 > own.rank, v.sources), 9,
        0) AS label,
    f.date,
    fromUnixTimestamp64Milli(f.noon, 'UTC'),
    if(w.published_at IS NULL OR label != 0, -1,
        intDiv(f.noon - assumeNotNull(w.published_at), 86400000)),
    f.count,
    f.cumulative,
    f.source,
    cityHash64(f.source, f.canonical),
    f.uniques
FROM figure AS f
ANY LEFT JOIN writeup AS w ON f.number = w.number
ANY LEFT JOIN watching AS v ON f.page = v.page AND f.date = v.date
ANY LEFT JOIN (SELECT * FROM staged_watch WHERE counter) AS own ON f.source = own.source AND f.date = own.date
