-- R2's units (fact_unique_reads) by the day of their first read, from the reads of generation
-- {generation:UInt32}, for {writeups:Array(UInt32)}; {tz:String}. In the order of the table, so that only one
-- write-up's units are held. Store::derive.
INSERT INTO derived_sitting_day (generation, which, writeup, date, sittings)
SELECT {generation:UInt32}, first.1 AS which, writeup, assumeNotNull(first.2) AS date, count()
FROM
(
    SELECT
        writeup,
        if(session != 0, session, toUInt64(person)) AS reader,
        if(session != 0, intDiv(toUnixTimestamp64Milli(at), 86400000),
            -1 - intDiv(toUnixTimestamp64Milli(at), 3600000)) AS slot,
        toInt32(toDate32(min(at), {tz:String})) AS of_any,
        toInt32(toDate32(minOrNullIf(at, NOT assigned), {tz:String})) AS of_own,
        toInt32(toDate32(minOrNullIf(at, assigned), {tz:String})) AS of_told
    FROM derived_read
    WHERE generation = {generation:UInt32} AND has({writeups:Array(UInt32)}, writeup)
      AND label = 0 AND superseded_ms = 0 AND (session != 0 OR person != 0)
    GROUP BY writeup, reader, slot
    SETTINGS optimize_aggregation_in_order = 1
)
ARRAY JOIN arrayFilter(one -> one.2 IS NOT NULL,
    [(toUInt8(0), toNullable(of_any)), (toUInt8(1), of_own), (toUInt8(2), of_told)]) AS first
GROUP BY which, writeup, date
