-- Distinct people behind the reads of each slice and of each write-up: slice, what, at, people. A write-up
-- alone is the slice -1 - number, and has no rows of what 2 and 3. what: 0 all reads; 1 late ones; 2 those of thirty days of age, at = which;
-- 3 those of a local month (at = its first day) at an age in [late, 2 late). {slices:Array(Array(UInt32))}:
-- numbers of write-ups. {as_of:Int64} {boundary:Int32} {tz:String} {late:Int32} {registry:UInt32}.
-- Store::slice_people.
SELECT
    slice,
    toInt32(what) AS what,
    at,
    bitmapCardinality(groupBitmapMergeState(people) AS merged) - bitmapContains(merged, 0) AS people
FROM
(
    SELECT writeup, 0 AS what, 0 AS at, groupBitmapMergeState(people) AS people
    FROM reader_cell(cut = 1, as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
    GROUP BY writeup
    UNION ALL
    SELECT
        writeup,
        (arrayJoin(if({late:Int32} % 30 = 0 AND bin >= intDiv({late:Int32}, 30), [(1, 0), (2, bin)], [(2, bin)]))
            AS cell).1 AS what,
        toInt32(cell.2) AS at,
        groupBitmapMergeState(people) AS people
    FROM
    (
        SELECT writeup, c.at AS bin, people
        FROM reader_cell(cut = 2, as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String}) AS c
    )
    GROUP BY writeup, what, at
    UNION ALL
    SELECT
        writeup,
        (arrayJoin(arrayConcat(
            if({late:Int32} % 30 != 0, [(1, 0)], []),
            if(age_day < 2 * {late:Int32},
                [(3, toInt32(toDate32(toStartOfMonth(addDays(toDate32('1970-01-01'), date)))))], [])
        )) AS cell).1 AS what,
        toInt32(cell.2) AS at,
        groupBitmapMergeState(people) AS people
    FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
    WHERE age_day >= {late:Int32} AND ({late:Int32} % 30 != 0 OR age_day < 2 * {late:Int32})
    GROUP BY writeup, what, at
) AS cells
INNER JOIN
(
    SELECT
        number AS writeup,
        arrayJoin(arrayConcat(
            [-1 - toInt64(number)],
            arrayMap(
                place -> toInt64(place),
                arrayFilter((place, members) -> has(members, number),
                    range(length({slices:Array(Array(UInt32))})), {slices:Array(Array(UInt32))}))
        )) AS slice
    FROM registry_writeup
    WHERE generation = {registry:UInt32}
) AS inside USING (writeup)
GROUP BY slice, what, at
HAVING slice >= 0 OR what < 2
ORDER BY slice, what, at
