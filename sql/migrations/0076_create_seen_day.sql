-- source, date: the days on which a source saw a read of any page, or told a counter's figure; {tz:String} is
-- the organisation's zone. The day of a count is that of derive_counts.
CREATE VIEW seen_day AS
SELECT DISTINCT source, toInt32(toDate32(at, {tz:String})) AS date FROM landing_read
UNION DISTINCT
SELECT DISTINCT source,
    toInt32(if(
        granularity != 'cumulative' AND toUnixTimestamp64Milli(at) % 86400000 = 0,
        toDate32(at, 'UTC'),
        toDate32(at, {tz:String}))) AS date
FROM landing_read_count
