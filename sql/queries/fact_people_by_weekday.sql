-- Facts::people_by_weekday: weekday (0 is Monday), people. {as_of:Int64} {boundary:Int32} {tz:String}
SELECT
    toInt32(positiveModulo(date + 3, 7)) AS weekday,
    bitmapCardinality(groupBitmapMergeState(people) AS merged) - bitmapContains(merged, 0) AS people
FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
GROUP BY weekday
ORDER BY weekday
