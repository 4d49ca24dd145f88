-- The same for the daily figures of counters, from the rows of generation {generation:UInt32};
-- {writeups:Array(UInt32)}. Store::add_counted_days.
INSERT INTO derived_source_day (generation, writeup, date, source, rank, reads)
SELECT {generation:UInt32}, writeup, date, source, 0, sum(count)
FROM derived_count
WHERE generation = {generation:UInt32} AND has({writeups:Array(UInt32)}, writeup)
  AND label IN (0, 9) AND NOT cumulative AND count > 0
GROUP BY writeup, date, source
