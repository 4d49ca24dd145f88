-- One row a write-up: distinct readers ever and late. Where {late:Int32} is a number of whole thirties, these tell
-- who came late; otherwise the days do. {as_of:Int64} {boundary:Int32} {tz:String}. Store::writeup_readers.
SELECT
    writeup,
    bitmapCardinality(groupBitmapMergeState(people) AS everybody) - bitmapContains(everybody, 0)
        AS readers,
    bitmapCardinality(groupBitmapMergeStateIf(people, is_late) AS late_ones)
        - bitmapContains(late_ones, 0) AS late_readers
FROM
(
    SELECT writeup, people, false AS is_late
    FROM reader_cell(cut = 1, as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
    UNION ALL
    SELECT writeup, people, true
    FROM reader_cell(cut = 2, as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
    WHERE {late:Int32} % 30 = 0 AND at >= intDiv({late:Int32}, 30)
    UNION ALL
    SELECT writeup, people, true
    FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
    WHERE {late:Int32} % 30 != 0 AND age_day >= {late:Int32}
)
GROUP BY writeup
ORDER BY writeup
