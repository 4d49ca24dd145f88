-- Totals: total_reads, readers, reader_writeup_pairs, reader_days, anonymous (R1, R3).
-- {as_of:Int64} {boundary:Int32} {tz:String} {which:UInt8}: 0 all reads,
-- 1 those not assigned, 2 those assigned
WITH
    day AS
    (
        SELECT writeup, date, reads, anonymous, people
        FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
        WHERE ({which:UInt8} = 0 OR assigned = ({which:UInt8} = 2))
    ),
    everything AS
    (
        SELECT
            sum(reads) AS total_reads,
            bitmapCardinality(groupBitmapMergeState(people) AS merged) - bitmapContains(merged, 0)
                AS readers,
            sum(anonymous) AS anonymous
        FROM day
    ),
    by_writeup AS
    (
        SELECT sum(n) AS reader_writeup_pairs
        FROM
        (
            SELECT bitmapCardinality(groupBitmapMergeState(people) AS merged)
                - bitmapContains(merged, 0) AS n
            FROM day
            GROUP BY writeup
        )
    ),
    by_date AS
    (
        SELECT sum(n) AS reader_days
        FROM
        (
            SELECT bitmapCardinality(groupBitmapMergeState(people) AS merged)
                - bitmapContains(merged, 0) AS n
            FROM day
            GROUP BY date
        )
    )
SELECT
    toUInt64(total_reads) AS total_reads,
    toUInt64(readers) AS readers,
    toUInt64(reader_writeup_pairs) AS reader_writeup_pairs,
    toUInt64(reader_days) AS reader_days,
    toUInt64(anonymous) AS anonymous
FROM everything, by_writeup, by_date
