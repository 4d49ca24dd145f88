-- Reads of each write-up by four weeks of age: writeup, bin, reads, people.
-- {as_of:Int64} {boundary:Int32} {tz:String}. Store::writeup_curve.
SELECT
    writeup,
    intDiv(at, 4) AS bin,
    sum(reads) AS reads,
    bitmapCardinality(groupBitmapMergeState(people) AS merged) - bitmapContains(merged, 0) AS people
FROM reader_cell(cut = 3, as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
GROUP BY writeup, bin
ORDER BY writeup, bin
