-- R7, by write-up: between what and what the number of readers since {since:Int64} lies. By source and
-- day: at least the fullest day's, at most all days' together. By counter: at least how much its people
-- grew, at most all of them; where they fell, what was there before may have been other people, and only
-- a single step is certain. Several sources may have counted the same people or others. {as_of:Int64}
SELECT writeup, max(lo) AS lo, sum(hi) AS hi
FROM
(
    SELECT writeup, max(assumeNotNull(uniques)) AS lo, sum(assumeNotNull(uniques)) AS hi
    FROM derived_count
    WHERE label = 0
      AND NOT cumulative
      AND uniques IS NOT NULL
      AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
      AND at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
      AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
    GROUP BY writeup, source
    UNION ALL
    SELECT
        writeup,
        toUInt64(greatest(0, if(
            countIf(grown < 0) = 0,
            sum(ifNull(grown, 0)),
            max(ifNull(grown, 0))))) AS lo,
        argMax(assumeNotNull(people), ms) + sumIf(assumeNotNull(people_before), grown < 0) AS hi
    FROM
    (
        SELECT *, toInt64(people) - toInt64(people_before) AS grown
        FROM counter_step(as_of = {as_of:Int64})
        WHERE people IS NOT NULL AND ms >= {since:Int64}
    )
    GROUP BY writeup, counter
)
GROUP BY writeup
HAVING hi > 0
ORDER BY writeup
