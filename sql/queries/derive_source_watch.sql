-- The days on which sources watch, as rows of write-up 0 of {generation:UInt32}: those within three days of
-- a read of any page, or of a counter's figure. {tz:String}. Store::watch.
INSERT INTO derived_source_day (generation, writeup, date, source, rank, reads)
SELECT DISTINCT {generation:UInt32}, 0, seen.date + around, seen.source, 0, 0
FROM seen_day(tz = {tz:String}) AS seen
ARRAY JOIN range(-3, 4) AS around
