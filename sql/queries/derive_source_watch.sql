-- The days on which sources watch, as rows of write-up 0 of {generation:UInt32}: those within three days of
-- a read of any page, or of a counter's figure. {tz:String}. Store::watch.
INSERT INTO derived_source_day (generation, writeup, date, source, rank, reads)
SELECT DISTINCT {generation:UInt32}, 0, seen.date + around, seen.source, 0, 0
FROM
(
    SELECT DISTINCT source, toInt32(toDate32(at, {tz:String})) AS date FROM landing_read
    UNION DISTINCT
    -- The day of a count is that of derive_counts.
    SELECT DISTINCT source,
        toInt32(if(
            granularity != 'cumulative' AND toUnixTimestamp64Milli(at) % 86400000 = 0,
            toDate32(at, 'UTC'),
            toDate32(at, {tz:String}))) AS date
    FROM landing_read_count
) AS seen
ARRAY JOIN range(-3, 4) AS around
