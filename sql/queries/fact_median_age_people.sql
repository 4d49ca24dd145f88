-- L2: distinct people behind a median of ages, in three rows: of all reads, of those not assigned, of those
-- assigned. {from:Int64} the first instant and {date:Int32} the local day in which it lies; {below_days:Int32};
-- {writeups:Array(UInt32)}. {as_of:Int64} {boundary:Int32} {tz:String}
SELECT toUInt64(bitmapCardinality(each.2) - bitmapContains(each.2, 0)) AS people
FROM
(
    SELECT
        groupBitmapMergeStateIf(people, NOT assigned) AS own,
        groupBitmapMergeStateIf(people, assigned) AS told,
        arrayJoin([(0, bitmapOr(own, told)), (1, own), (2, told)]) AS each
    FROM since_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String},
        since = {from:Int64}, date = {date:Int32})
    WHERE has({writeups:Array(UInt32)}, writeup) AND age_day >= 0 AND age_day < {below_days:Int32}
)
ORDER BY each.1
