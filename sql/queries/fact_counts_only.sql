-- writeup: those of which page counters told figures before {as_of:Int64}, and no source a read by a person.
-- A contributor's own read, a draft and what another source saw better show as well that a source sees
-- people; a read by a program or an agent does not, and whoever is excluded leaves no trace.
-- Store::counts_only.
SELECT DISTINCT writeup
FROM derived_count
WHERE at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
  AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
  AND writeup NOT IN
  (
      SELECT writeup
      FROM derived_read
      WHERE label NOT IN (3, 6, 10, 11) AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
        AND writeup IN (SELECT writeup FROM derived_count)
  )
ORDER BY writeup
