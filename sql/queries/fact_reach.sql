-- L11: people in the rosters of registry {registry:UInt32} (with a team or a first day) who were there at some
-- time in [{since:Int64}, {as_of:Int64}), and how many of them read anything then, in three rows: of all reads,
-- of those not assigned, of those assigned. {date:Int32} is the local day in which {since} lies.
-- {boundary:Int32} {tz:String}. Store::reach
WITH
    (
        SELECT groupBitmapState(number)
        FROM registry_person
        WHERE generation = {registry:UInt32}
          AND kind = 'person'
          AND (team != '' OR joined_at IS NOT NULL)
          AND ifNull(joined_at, 0) < {as_of:Int64}
          AND ifNull(left_at, {as_of:Int64}) > {since:Int64}
    ) AS there
SELECT bitmapCardinality(there) AS roster, bitmapAndCardinality(there, each.2) AS readers
FROM
(
    SELECT
        groupBitmapMergeStateIf(people, NOT assigned) AS own,
        groupBitmapMergeStateIf(people, assigned) AS told,
        arrayJoin([(0, bitmapOr(own, told)), (1, own), (2, told)]) AS each
    FROM since_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String},
        since = {since:Int64}, date = {date:Int32})
)
ORDER BY each.1
