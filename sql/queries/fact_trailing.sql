-- Facts::trailing. {as_of:Int64} {boundary:Int32} {tz:String} {since:Int64} (as_of less the trailing window)
-- {date:Int32} (the local day in which that lies) {which:UInt8}: 0 all reads, 1 those not assigned, 2 those
-- assigned
SELECT
    writeup,
    toUInt64(bitmapCardinality(groupBitmapMergeState(people) AS merged) - bitmapContains(merged, 0)) AS readers
FROM since_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String},
    since = {since:Int64}, date = {date:Int32})
WHERE {which:UInt8} = 0 OR assigned = ({which:UInt8} = 2)
GROUP BY writeup
HAVING readers > 0
ORDER BY writeup
