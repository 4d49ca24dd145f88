-- LongTail::year: reads since {since:Int64} of these write-ups ({writeups:Array(UInt32)}: those with a date that
-- are there), and the people known among their readers; in every row the same distinct people behind all of
-- them, and behind all other reads. Whole days come from the roll-up, the local day of {since}, which is
-- {date:Int32}, from its reads. {as_of:Int64} {boundary:Int32} {tz:String}. Store::reads_of_year
SELECT writeup, reads, own_people, inside, outside
FROM
(
    SELECT
        writeup,
        toUInt64(sumIf(reads, counted)) AS reads,
        groupBitmapMergeStateIf(people, counted) AS read_by,
        groupBitmapMergeStateIf(people, NOT counted) AS left_by,
        bitmapCardinality(read_by) - bitmapContains(read_by, 0) AS own_people,
        groupBitmapMergeState(read_by) OVER () AS all_inside,
        groupBitmapMergeState(left_by) OVER () AS all_outside,
        bitmapCardinality(all_inside) - bitmapContains(all_inside, 0) AS inside,
        bitmapCardinality(all_outside) - bitmapContains(all_outside, 0) AS outside
    FROM
    (
        SELECT writeup, reads, people, at > {date:Int32} AND has({writeups:Array(UInt32)}, writeup) AS counted
        FROM reader_cell(cut = 1, as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
        WHERE at != {date:Int32} - positiveModulo({date:Int32} + 3, 7)
        UNION ALL
        SELECT writeup, reads, people, date > {date:Int32} AND has({writeups:Array(UInt32)}, writeup) AS counted
        FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
        WHERE date != {date:Int32}
          AND date - positiveModulo(date + 3, 7) = {date:Int32} - positiveModulo({date:Int32} + 3, 7)
        UNION ALL
        SELECT
            writeup,
            count() AS reads,
            groupBitmapState(person) AS people,
            ms >= {since:Int64} AND has({writeups:Array(UInt32)}, writeup) AS counted
        FROM kept_read(as_of = {as_of:Int64})
        WHERE toInt32(toDate32(at, {tz:String})) = {date:Int32}
        GROUP BY writeup, counted
        UNION ALL
        SELECT
            writeup,
            sum(count) AS reads,
            groupBitmapState(toUInt32(0)) AS people,
            at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
                AND has({writeups:Array(UInt32)}, writeup) AS counted
        FROM derived_count
        WHERE label = 0
          AND NOT cumulative
          AND date = {date:Int32}
          AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
          AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
        GROUP BY writeup, counted
    )
    GROUP BY writeup
)
ORDER BY writeup
