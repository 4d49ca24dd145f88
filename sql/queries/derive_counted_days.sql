-- The same for the daily figures of counters, from the rows of generation {generation:UInt32}, for
-- {writeups:Array(UInt32)}: of a page that was merged they stand under the whole. Store::add_counted_days.
INSERT INTO derived_source_day (generation, writeup, page, date, source, counter, reads, sights, agents, people)
SELECT
    {generation:UInt32}, writeup, writeup, date, source, true, sum(count), sum(count), 0,
    groupBitmapStateIf(toUInt32(0), false)
FROM derived_count
WHERE generation = {generation:UInt32} AND has({writeups:Array(UInt32)}, writeup)
  AND label IN (0, 9) AND NOT cumulative AND count > 0
GROUP BY writeup, date, source
