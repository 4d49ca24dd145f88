-- LongTail::thirties: reads and distinct people known among their readers, by write-up and thirty days of age.
-- {as_of:Int64} {boundary:Int32} {tz:String}. Store::reads_by_thirty
SELECT
    writeup,
    toUInt32(intDiv(age_day, 30)) AS bin,
    sum(reads) AS reads,
    bitmapCardinality(groupBitmapMergeState(people) AS merged) - bitmapContains(merged, 0) AS people
FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
WHERE age_day >= 0
GROUP BY writeup, bin
ORDER BY writeup, bin
