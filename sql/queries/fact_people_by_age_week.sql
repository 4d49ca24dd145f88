-- Facts::people_by_age_week. {as_of:Int64} {boundary:Int32} {tz:String}
SELECT
    at AS age_week,
    bitmapCardinality(groupBitmapMergeState(people) AS merged) - bitmapContains(merged, 0) AS people,
    sum(anonymous) AS anonymous
FROM reader_cell(cut = 3, as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
GROUP BY age_week
ORDER BY age_week
