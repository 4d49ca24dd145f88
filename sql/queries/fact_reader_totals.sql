-- Totals: total_reads, readers, reader_writeup_pairs, reader_days, anonymous (R1, R3).
-- {as_of:Int64} {boundary:Int32} {tz:String}
WITH
    day AS
    (
        SELECT writeup, date, reads, anonymous, people
        FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
    )
SELECT
    (SELECT sum(reads) FROM day) AS total_reads,
    (
        SELECT bitmapCardinality(groupBitmapMergeState(people) AS merged) - bitmapContains(merged, 0)
        FROM day
    ) AS readers,
    (
        SELECT sum(n)
        FROM
        (
            SELECT bitmapCardinality(groupBitmapMergeState(people) AS merged)
                - bitmapContains(merged, 0) AS n
            FROM day
            GROUP BY writeup
        )
    ) AS reader_writeup_pairs,
    (
        SELECT sum(n)
        FROM
        (
            SELECT bitmapCardinality(groupBitmapMergeState(people) AS merged)
                - bitmapContains(merged, 0) AS n
            FROM day
            GROUP BY date
        )
    ) AS reader_days,
    (SELECT sum(anonymous) FROM day) AS anonymous
