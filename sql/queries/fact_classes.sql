-- R4: class, person-days, people, pairs. {as_of:Int64} {boundary:Int32} {tz:String}
-- {registry:UInt32}; {skim_ms:UInt32} the floor; {ms_per_word:Float64} what a fast reader needs for
-- a word of the part to be read; {depth_milli:UInt16} the depth to be reached. The words are those of
-- the last revision up to the day of reading; of the first one that is known where there is none.
WITH
    revision AS
    (
        SELECT
            w.number AS writeup,
            toInt32(toDate32(l.at, {tz:String})) AS since,
            argMax(l.words, (l.at, l.version, l.key)) AS words
        FROM (SELECT * FROM landing_writeup FINAL) AS l
        INNER JOIN
        (
            SELECT number, id FROM registry_writeup WHERE generation = {registry:UInt32}
        ) AS w ON l.id = w.id
        WHERE l.words IS NOT NULL
        GROUP BY writeup, since
    ),
    first_revision AS
    (
        SELECT writeup, argMin(words, since) AS words FROM revision GROUP BY writeup
    ),
    day AS
    (
        SELECT
            d.writeup AS writeup,
            d.person AS person,
            d.engaged_ms AS engaged_ms,
            d.scroll_milli AS scroll_milli,
            ifNull(r.words, f.words) AS words
        FROM reader_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String}) AS d
        ASOF LEFT JOIN revision AS r ON d.writeup = r.writeup AND d.date >= r.since
        ANY LEFT JOIN first_revision AS f ON d.writeup = f.writeup
    )
SELECT
    ['unknown', 'read', 'skimmed', 'opened'][1 + kind] AS class,
    sum(n) AS days,
    toUInt64(groupBitmapMerge(who)) AS people,
    sum(bitmapCardinality(who)) AS pairs
FROM
(
    SELECT
        writeup,
        multiIf(
            engaged_ms IS NULL OR words IS NULL, 0,
            engaged_ms >= greatest(toFloat64({skim_ms:UInt32}), words * {ms_per_word:Float64})
                AND (scroll_milli IS NULL OR scroll_milli >= {depth_milli:UInt16}), 1,
            engaged_ms >= {skim_ms:UInt32}, 2,
            3) AS kind,
        count() AS n,
        groupBitmapState(person) AS who
    FROM day
    GROUP BY writeup, kind
)
GROUP BY kind
ORDER BY class
