-- Facts::people_by_age_week. {as_of:Int64} {boundary:Int32} {tz:String}
SELECT
    intDiv(age_day, 7) AS age_week,
    bitmapCardinality(groupBitmapMergeState(people) AS merged) - bitmapContains(merged, 0) AS people,
    sum(anonymous) AS anonymous
FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
WHERE age_day >= 0
GROUP BY age_week
ORDER BY age_week
