-- What each source saw of the pages of {writeups:Array(UInt32)} by day, from reads staged under generation 0.
-- Robots, and who reads like one, say nothing of whether a source sees a page. {generation:UInt32},
-- {tz:String}. Store::stage_reconciled.
INSERT INTO derived_source_day (generation, writeup, page, date, source, counter, reads, sights, agents, people)
SELECT
    {generation:UInt32},
    writeup,
    page,
    toInt32(toDate32(fromUnixTimestamp64Milli(ms, 'UTC'), {tz:String})) AS date,
    source,
    false,
    countIf(label IN (0, 4, 6)) AS reads,
    countIf(label IN (0, 4, 5, 6)) AS sights,
    countIf(label = 10) AS agents,
    groupBitmapStateIf(person, label IN (0, 4, 6) AND person != 0) AS people
FROM staged_read
WHERE generation = 0 AND has({writeups:Array(UInt32)}, writeup) AND label IN (0, 4, 5, 6, 10)
GROUP BY writeup, page, date, source
