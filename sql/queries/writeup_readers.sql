-- One row a write-up: distinct readers ever and late. {as_of:Int64} {boundary:Int32} {tz:String}
-- {late:Int32}. Store::writeup_readers.
SELECT
    writeup,
    bitmapCardinality(groupBitmapMergeState(people) AS everybody) - bitmapContains(everybody, 0)
        AS readers,
    bitmapCardinality(groupBitmapMergeStateIf(people, age_day >= {late:Int32}) AS late_ones)
        - bitmapContains(late_ones, 0) AS late_readers
FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
GROUP BY writeup
ORDER BY writeup
