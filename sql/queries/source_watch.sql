-- source, print: one number for the days on which a source saw reads of any page; {tz:String}.
-- Store::watch_prints.
SELECT toString(source) AS source, sum(cityHash64(date)) AS print
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
)
GROUP BY source
ORDER BY source
