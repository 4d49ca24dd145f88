-- source, print: one number for the days on which a source watches, and how well. Store::stage_watch.
SELECT toString(source) AS source, sum(cityHash64(counter, date, rank)) AS print
FROM staged_watch
GROUP BY source
ORDER BY source
