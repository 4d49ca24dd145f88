-- Totals: total_reads, readers, reader_writeup_pairs, reader_days, anonymous (R1, R3), in three rows: of all
-- reads, of those not assigned, of those assigned. {as_of:Int64} {boundary:Int32} {tz:String}
WITH
    -- What is under no key is 0: of each write-up and of each day its readers.
    part AS
    (
        SELECT
            true AS of_writeup,
            sumIf(reads, NOT assigned) AS own_reads,
            sumIf(reads, assigned) AS told_reads,
            sumIf(anonymous, NOT assigned) AS own_anonymous,
            sumIf(anonymous, assigned) AS told_anonymous,
            groupBitmapMergeStateIf(people, NOT assigned) AS own,
            groupBitmapMergeStateIf(people, assigned) AS told,
            bitmapOr(own, told) AS everybody
        FROM reader_cell(cut = 1, as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
        GROUP BY writeup
        UNION ALL
        SELECT
            false,
            toUInt64(0),
            toUInt64(0),
            toUInt64(0),
            toUInt64(0),
            groupBitmapMergeStateIf(people, NOT assigned) AS own,
            groupBitmapMergeStateIf(people, assigned) AS told,
            bitmapOr(own, told)
        FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
        GROUP BY date
    ),
    total AS
    (
        SELECT
            sum(own_reads) AS own_reads,
            sum(told_reads) AS told_reads,
            sum(own_anonymous) AS own_anonymous,
            sum(told_anonymous) AS told_anonymous,
            groupBitmapMergeStateIf(own, of_writeup) AS own_readers,
            groupBitmapMergeStateIf(told, of_writeup) AS told_readers,
            bitmapOr(own_readers, told_readers) AS readers,
            sumIf(bitmapCardinality(everybody) - bitmapContains(everybody, 0), of_writeup) AS pairs,
            sumIf(bitmapCardinality(own) - bitmapContains(own, 0), of_writeup) AS own_pairs,
            sumIf(bitmapCardinality(told) - bitmapContains(told, 0), of_writeup) AS told_pairs,
            sumIf(bitmapCardinality(everybody) - bitmapContains(everybody, 0), NOT of_writeup) AS days,
            sumIf(bitmapCardinality(own) - bitmapContains(own, 0), NOT of_writeup) AS own_days,
            sumIf(bitmapCardinality(told) - bitmapContains(told, 0), NOT of_writeup) AS told_days
        FROM part
    )
SELECT
    toUInt64(each.2) AS total_reads,
    toUInt64(each.3) AS readers,
    toUInt64(each.4) AS reader_writeup_pairs,
    toUInt64(each.5) AS reader_days,
    toUInt64(each.6) AS anonymous
FROM
(
    SELECT arrayJoin([
        (0, own_reads + told_reads, bitmapCardinality(readers) - bitmapContains(readers, 0),
            pairs, days, own_anonymous + told_anonymous),
        (1, own_reads, bitmapCardinality(own_readers) - bitmapContains(own_readers, 0),
            own_pairs, own_days, own_anonymous),
        (2, told_reads, bitmapCardinality(told_readers) - bitmapContains(told_readers, 0),
            told_pairs, told_days, told_anonymous)
    ]) AS each
    FROM total
)
ORDER BY each.1
