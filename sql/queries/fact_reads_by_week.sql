-- LongTail::weeks: reads and distinct people known among their readers, by write-up and ISO week of the local
-- date (its Monday, days since 1970). {as_of:Int64} {boundary:Int32} {tz:String}. Store::reads_by_week
SELECT
    writeup,
    at AS week,
    sum(reads) AS reads,
    bitmapCardinality(groupBitmapMergeState(people) AS merged) - bitmapContains(merged, 0) AS people
FROM reader_cell(cut = 1, as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
GROUP BY writeup, week
ORDER BY writeup, week
