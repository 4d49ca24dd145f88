-- source, print: one number for the days on which a source saw reads of any page; {tz:String}.
-- Store::watch_prints.
SELECT toString(source) AS source, sum(cityHash64(date)) AS print
FROM seen_day(tz = {tz:String}) AS seen
GROUP BY source
ORDER BY source
