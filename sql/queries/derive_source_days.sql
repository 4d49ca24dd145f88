-- What each source saw of {writeups:Array(UInt32)} by day, from reads staged under generation 0, and its
-- rank for the write-up: 50 for reads, 100 with engaged time, 150 and 200 the same where they name readers, by
-- all reads by people but those after a deletion, so that a source that names people is the better one also
-- where all that it names are left out. Robots and agents say nothing of how well a source sees people. Sources of one rank are parts, and add up. One of {wholes:Array(String)} sees all
-- reads: it stands above the parts of its fidelity, and above those after it in that list. A source that saw
-- fewer than ten reads of the write-up in all takes no part (255): a stray read must not stand for a day of
-- another's. {generation:UInt32}, {tz:String}. Store::stage_reconciled.
INSERT INTO derived_source_day (generation, writeup, date, source, rank, reads)
WITH
    seen AS
    (
        SELECT
            writeup,
            source,
            toInt32(toDate32(fromUnixTimestamp64Milli(ms, 'UTC'), {tz:String})) AS date,
            countIf(label IN (0, 4, 6)) AS reads,
            count() AS total,
            countIf(person != 0) AS named,
            countIf(engaged_ms IS NOT NULL) AS engaged
        FROM staged_read
        WHERE generation = 0 AND has({writeups:Array(UInt32)}, writeup) AND label NOT IN (2, 3, 10, 11)
        GROUP BY writeup, source, date
    )
SELECT
    {generation:UInt32},
    writeup,
    date,
    source,
    toUInt8(if(
        sum(total) OVER whole < 10, 255,
        50 * (1 + (sum(engaged) OVER whole > 0) + 2 * (sum(named) OVER whole > 0))
            + if(has({wholes:Array(String)}, toString(source)),
                greatest(1, 50 - toInt32(indexOf({wholes:Array(String)}, toString(source)))), 0))),
    reads
FROM seen
WINDOW whole AS (PARTITION BY writeup, source)
