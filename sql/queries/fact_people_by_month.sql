-- Facts::people_by_month. {as_of:Int64} {boundary:Int32} {tz:String} {late:Int32} (days)
SELECT
    toInt32(toDate32(toStartOfMonth(addDays(toDate32('1970-01-01'), date)))) AS month,
    bitmapCardinality(groupBitmapMergeStateIf(people, age_day >= {late:Int32}) AS late_people)
        - bitmapContains(late_people, 0) AS late,
    bitmapCardinality(
        groupBitmapMergeStateIf(people, age_day >= {late:Int32} AND age_day < 2 * {late:Int32})
            AS window_people)
        - bitmapContains(window_people, 0) AS `window`
FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
WHERE age_day >= 0
GROUP BY month
ORDER BY month
