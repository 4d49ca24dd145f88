-- L4: person-days and people with a late read in the trailing window, in three rows: of all reads, of those not
-- assigned, of those assigned. {as_of:Int64} {boundary:Int32} {since:Int64} {date:Int32} (the local day in which
-- that lies) {late:Int32} {tz:String}
SELECT toUInt64(each.2) AS late_reader_days, toUInt64(each.3) AS late_readers
FROM
(
    SELECT
        groupBitmapMergeState(own) AS own_people,
        groupBitmapMergeState(told) AS told_people,
        bitmapOr(own_people, told_people) AS people,
        arrayJoin([
            (0, sum(bitmapCardinality(everybody) - bitmapContains(everybody, 0)),
                bitmapCardinality(people) - bitmapContains(people, 0)),
            (1, sum(bitmapCardinality(own) - bitmapContains(own, 0)),
                bitmapCardinality(own_people) - bitmapContains(own_people, 0)),
            (2, sum(bitmapCardinality(told) - bitmapContains(told, 0)),
                bitmapCardinality(told_people) - bitmapContains(told_people, 0))
        ]) AS each
    FROM
    (
        SELECT
            groupBitmapMergeStateIf(people, NOT assigned) AS own,
            groupBitmapMergeStateIf(people, assigned) AS told,
            bitmapOr(own, told) AS everybody
        FROM since_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String},
            since = {since:Int64}, date = {date:Int32})
        WHERE age_day >= {late:Int32}
        GROUP BY date
    )
)
ORDER BY each.1
