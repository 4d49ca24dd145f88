-- source, date, print: on which days a source watches, and how well, each in one number. Store::stage_watch.
SELECT toString(source) AS source, date, sum(cityHash64(counter, rank)) AS print
FROM staged_watch
GROUP BY source, date
ORDER BY source, date
