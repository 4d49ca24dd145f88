-- L7: distinct people known among the readers of write-ups in their first days: of those that could be followed
-- for all the days, of the others that are taken in, and behind all reads beside these.
-- {writeups:Array(UInt32)} and, in the same order, {days:Array(Int32)}: how many whole days of age each was
-- followed; {whole:Int32} all the days. {as_of:Int64} {boundary:Int32} {tz:String}. Store::read_ages_people
SELECT
    toUInt64(bitmapCardinality(groupBitmapMergeStateIf(people, followed AND days >= {whole:Int32}) AS old)
        - bitmapContains(old, 0)) AS old_people,
    toUInt64(bitmapCardinality(groupBitmapMergeStateIf(people, followed AND days < {whole:Int32}) AS young)
        - bitmapContains(young, 0)) AS young_people,
    toUInt64(bitmapCardinality(groupBitmapMergeStateIf(people, NOT followed) AS other)
        - bitmapContains(other, 0)) AS other_people
FROM
(
    SELECT
        people,
        transform(writeup, {writeups:Array(UInt32)}, {days:Array(Int32)}, toInt32(-1)) AS days,
        age_day >= 0 AND age_day < days AS followed
    FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
)
