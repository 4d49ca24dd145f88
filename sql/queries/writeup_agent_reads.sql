-- One row a write-up: reads by AI agents before {as_of:Int64}, and the people known for whom they read.
-- Store::agent_reads.
SELECT
    writeup,
    count() AS reads,
    uniqExactIf(person, person != 0) AS people
FROM derived_read
WHERE label = 10 AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
  AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
GROUP BY writeup
ORDER BY writeup
