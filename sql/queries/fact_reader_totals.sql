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
    part AS
    (
        SELECT
            grouping(writeup) = 0 AS of_writeup,
            sum(reads) AS reads,
            sum(anonymous) AS anonymous,
            groupBitmapMergeState(people) AS merged,
            bitmapCardinality(merged) - bitmapContains(merged, 0) AS n
        FROM day
        GROUP BY GROUPING SETS ((writeup), (date))
    )
SELECT
    toUInt64(sumIf(reads, of_writeup)) AS total_reads,
    toUInt64(bitmapCardinality(groupBitmapMergeStateIf(merged, of_writeup) AS everybody)
        - bitmapContains(everybody, 0)) AS readers,
    toUInt64(sumIf(n, of_writeup)) AS reader_writeup_pairs,
    toUInt64(sumIf(n, NOT of_writeup)) AS reader_days,
    toUInt64(sumIf(part.anonymous, of_writeup)) AS anonymous
FROM part
