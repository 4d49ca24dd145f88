-- Person-days from the reads of generation {generation:UInt32}; {tz:String}. Store::derive.
INSERT INTO derived_reader_day
SELECT
    {generation:UInt32},
    writeup,
    toInt32(toDate32(at, {tz:String})) AS date,
    person,
    min(age_day),
    max(age_day),
    sum(toUInt64(engaged_ms)),
    max(scroll_milli)
FROM derived_read
WHERE generation = {generation:UInt32} AND has({writeups:Array(UInt32)}, writeup)
  AND label = 0 AND superseded_ms = 0 AND person != 0
GROUP BY writeup, date, person
