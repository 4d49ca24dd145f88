-- What each source saw of {writeups:Array(UInt32)} by day, from reads staged under generation 0;
-- {generation:UInt32}, {tz:String}. Store::reconcile.
INSERT INTO derived_source_day (generation, writeup, date, source, rank, reads)
SELECT
    {generation:UInt32},
    writeup,
    toInt32(toDate32(fromUnixTimestamp64Milli(ms, 'UTC'), {tz:String})) AS date,
    source,
    toUInt8(1 + (countIf(engaged_ms IS NOT NULL) > 0) + 2 * (2 * countIf(person != 0) >= count())),
    count()
FROM staged_read
WHERE generation = 0 AND has({writeups:Array(UInt32)}, writeup) AND label = 0
GROUP BY writeup, date, source
