-- writeup (0: all together), class, reads, people: kept reads before {as_of:Int64} by the kind of place that
-- their readers came from, one of {classes:Array(String)} or `unknown`, of write-ups some reads of which tell
-- it. Store::arrivals.
SELECT writeup, class, count() AS reads, uniqExactIf(person, person != 0) AS people
FROM
(
    SELECT writeup, person,
        multiIf(
            arrival = '', 'unknown',
            has({classes:Array(String)}, toString(arrival)), toString(arrival),
            'other') AS class
    FROM derived_read
    WHERE label = 0
      AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
      AND writeup IN (SELECT writeup FROM derived_read WHERE label = 0 AND arrival != '')
      AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
      AND (superseded_ms = 0 OR toUnixTimestamp64Milli(at) + superseded_ms - 1 >= {as_of:Int64})
)
GROUP BY GROUPING SETS ((writeup, class), (class))
ORDER BY writeup, class
