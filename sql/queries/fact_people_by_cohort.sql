-- Facts::people_by_cohort. {as_of:Int64} {boundary:Int32} {tz:String} {late:Int32} {registry:UInt32}
-- {writeups:Array(UInt32)}: those observed for two late windows
SELECT
    toInt32(toDate32(toStartOfMonth(toDate32(
        fromUnixTimestamp64Milli(assumeNotNull(w.published_at), 'UTC'), {tz:String})))) AS month,
    bitmapCardinality(groupBitmapMergeState(d.people) AS merged) - bitmapContains(merged, 0) AS people
FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String}) AS d
INNER JOIN
(
    SELECT number, published_at
    FROM registry_writeup
    WHERE generation = {registry:UInt32} AND published_at IS NOT NULL
      AND has({writeups:Array(UInt32)}, number)
) AS w ON d.writeup = w.number
WHERE d.age_day >= {late:Int32} AND d.age_day < 2 * {late:Int32}
GROUP BY month
ORDER BY month
