-- L3: distinct people with a read at age [0, late) and at age [late, horizon) of comparable
-- write-ups. {as_of:Int64} {boundary:Int32} {tz:String} {late:Int32} {horizon:Int32} (days)
-- {writeups:Array(UInt32)} {which:UInt8}: 0 all reads,
-- 1 those not assigned, 2 those assigned
SELECT
    toUInt64(
        bitmapCardinality(groupBitmapMergeStateIf(people, age_day < {late:Int32}) AS early_people)
        - bitmapContains(early_people, 0)) AS early,
    toUInt64(
        bitmapCardinality(
            groupBitmapMergeStateIf(people, age_day >= {late:Int32} AND age_day < {horizon:Int32})
                AS late_people)
        - bitmapContains(late_people, 0)) AS late
FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
WHERE age_day >= 0 AND has({writeups:Array(UInt32)}, writeup)
  AND ({which:UInt8} = 0 OR assigned = ({which:UInt8} = 2))
