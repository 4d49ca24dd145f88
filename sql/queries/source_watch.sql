-- source, print: one number for the days on which a source saw reads of any page; {tz:String}.
-- Store::watch_prints.
SELECT toString(source) AS source, sum(cityHash64(date)) AS print
FROM
(
    SELECT DISTINCT source, toInt32(toDate32(at, {tz:String})) AS date FROM landing_read
    UNION DISTINCT
    SELECT DISTINCT source, toInt32(toDate32(at, {tz:String})) AS date FROM landing_read_count
)
GROUP BY source
ORDER BY source
