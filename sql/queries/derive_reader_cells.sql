-- The cuts of the day roll-up of generation {generation:UInt32}, for {writeups:Array(UInt32)}; after
-- derive_read_days. Store::derive.
INSERT INTO derived_reader_cell (generation, cut, writeup, at, assigned, last_date, reads, anonymous, people)
SELECT
    {generation:UInt32},
    cell.1 AS cut,
    writeup,
    cell.2 AS at,
    assigned,
    max(date),
    sum(reads),
    sum(anonymous),
    groupBitmapMergeState(people)
FROM derived_read_day
ARRAY JOIN arrayConcat(
    [(toUInt8(1), toInt32(date - positiveModulo(date + 3, 7)))],
    if(age_day < 0, [], [(toUInt8(2), toInt32(intDiv(age_day, 30))), (toUInt8(3), toInt32(intDiv(age_day, 7)))])
) AS cell
WHERE generation = {generation:UInt32} AND has({writeups:Array(UInt32)}, writeup)
GROUP BY cut, writeup, at, assigned
