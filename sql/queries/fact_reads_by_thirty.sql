-- LongTail::thirties: reads and distinct people known among their readers, by write-up and thirty days of age.
-- {as_of:Int64} {boundary:Int32} {tz:String}. Store::reads_by_thirty
SELECT
    writeup,
    toUInt32(at) AS bin,
    sum(reads) AS reads,
    bitmapCardinality(groupBitmapMergeState(people) AS merged) - bitmapContains(merged, 0) AS people
FROM reader_cell(cut = 2, as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
GROUP BY writeup, bin
ORDER BY writeup, bin
