-- L3: distinct people with a read at age [0, late) and at age [late, horizon) of comparable write-ups, in three
-- rows: of all reads, of those not assigned, of those assigned. {as_of:Int64} {boundary:Int32} {tz:String}
-- {late:Int32} {horizon:Int32} (days) {writeups:Array(UInt32)}
SELECT
    toUInt64(bitmapCardinality(each.2) - bitmapContains(each.2, 0)) AS early,
    toUInt64(bitmapCardinality(each.3) - bitmapContains(each.3, 0)) AS late
FROM
(
    SELECT
        groupBitmapMergeStateIf(people, age_day < {late:Int32} AND NOT assigned) AS own_early,
        groupBitmapMergeStateIf(people, age_day < {late:Int32} AND assigned) AS told_early,
        groupBitmapMergeStateIf(people, age_day >= {late:Int32} AND NOT assigned) AS own_late,
        groupBitmapMergeStateIf(people, age_day >= {late:Int32} AND assigned) AS told_late,
        arrayJoin([
            (0, bitmapOr(own_early, told_early), bitmapOr(own_late, told_late)),
            (1, own_early, own_late),
            (2, told_early, told_late)
        ]) AS each
    FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
    WHERE age_day >= 0 AND age_day < {horizon:Int32} AND has({writeups:Array(UInt32)}, writeup)
)
ORDER BY each.1
