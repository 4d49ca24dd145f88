-- R4: class, person-days, people, pairs. {as_of:Int64} {boundary:Int32} {tz:String}
-- {registry:UInt32}; {skim_ms:UInt32} the floor; {ms_per_word:Float64} what a fast reader needs for
-- a word of the part to be read; {depth_milli:UInt16} the depth to be reached.
SELECT
    multiIf(
        d.engaged_ms IS NULL OR w.words IS NULL, 'unknown',
        d.engaged_ms >= greatest(toFloat64({skim_ms:UInt32}), w.words * {ms_per_word:Float64})
            AND (d.scroll_milli IS NULL OR d.scroll_milli >= {depth_milli:UInt16}), 'read',
        d.engaged_ms >= {skim_ms:UInt32}, 'skimmed',
        'opened') AS class,
    count() AS days,
    uniqExact(d.person) AS people,
    uniqExact(d.writeup, d.person) AS pairs
FROM reader_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String}) AS d
ANY LEFT JOIN
(
    SELECT number, words FROM registry_writeup WHERE generation = {registry:UInt32}
) AS w ON d.writeup = w.number
GROUP BY class
ORDER BY class
