-- Page counters' figures of {writeups:Array(UInt32)}; a daily count stands at local noon of its day
-- in {tz:String}. One that is stamped with midnight UTC is of that day by any calendar: counters of UTC days
-- are, and west of Greenwich it would be the evening before. Parameters as in derive_reads. A day on which a source of reads watches is that source's
-- (label 9). Store::derive.
INSERT INTO derived_count (generation, writeup, label, date, at, age_day, count, cumulative, source, counter, uniques)
WITH
    target AS
    (
        -- As in stage_reads.
        SELECT target, from_ms, number, has({writeups:Array(UInt32)}, number) AS wanted
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
    watching AS
    (
        SELECT r.writeup AS writeup, w.date AS date, groupUniqArray(toString(r.source)) AS sources
        FROM
        (
            SELECT DISTINCT writeup, source
            FROM derived_source_day
            WHERE generation = {generation:UInt32} AND has({writeups:Array(UInt32)}, writeup)
              AND rank BETWEEN 1 AND 254
        ) AS r
        INNER JOIN
        (
            SELECT date, source FROM derived_source_day WHERE generation = {generation:UInt32} AND writeup = 0
        ) AS w ON r.source = w.source
        GROUP BY r.writeup, w.date
    )
SELECT
    {generation:UInt32},
    t.number,
    multiIf(
        w.deleted_at IS NOT NULL AND noon >= w.deleted_at, 2,
        w.published_at IS NOT NULL AND noon < w.published_at, 5,
        c.granularity != 'cumulative' AND arrayExists(s -> s != c.source, v.sources), 9,
        0) AS label,
    c.date,
    fromUnixTimestamp64Milli(noon, 'UTC'),
    if(w.published_at IS NULL OR label != 0, -1,
        intDiv(noon - assumeNotNull(w.published_at), 86400000)),
    c.count,
    c.granularity = 'cumulative',
    c.source,
    cityHash64(c.source, c.target),
    c.uniques
FROM
(
    SELECT *,
        if(
            granularity != 'cumulative' AND toUnixTimestamp64Milli(at) % 86400000 = 0,
            toDate32(at, 'UTC'),
            toDate32(at, {tz:String})) AS day,
        toInt32(day) AS date,
        if(granularity = 'cumulative',
            toUnixTimestamp64Milli(at),
            toUnixTimestamp64Milli(toDateTime64(concat(toString(day), ' 12:00:00'), 3, {tz:String})))
            AS noon
    FROM landing_read_count FINAL
    WHERE target IN (SELECT target FROM target)
) AS c
ASOF LEFT JOIN target AS t ON c.target = t.target AND toUnixTimestamp64Milli(c.at) >= t.from_ms
ANY LEFT JOIN writeup AS w ON t.number = w.number
ANY LEFT JOIN watching AS v ON t.number = v.writeup AND c.date = v.date
WHERE t.wanted
