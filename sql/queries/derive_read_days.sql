-- The day roll-up from the reads of generation {generation:UInt32}; {tz:String}. Store::derive.
INSERT INTO derived_read_day
SELECT
    {generation:UInt32},
    writeup,
    toInt32(toDate32(at, {tz:String})) AS date,
    age_day,
    count(),
    count(),
    countIf(person = 0),
    min(at),
    max(at),
    groupBitmapState(person),
    assigned
FROM derived_read
WHERE generation = {generation:UInt32} AND has({writeups:Array(UInt32)}, writeup)
  AND label = 0 AND superseded_ms = 0
GROUP BY writeup, date, age_day, assigned
