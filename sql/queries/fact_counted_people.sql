-- R7, by write-up: between what and what the number of readers since {since:Int64} lies. By source and
-- day, for a source that counts people: at least the fullest day's, at most all days' together, a day without
-- such a figure being as many as its reads. By counter, from its samples with people: at least how much these
-- grew from the first sample of the time on (who came before it may have come before the time), at most all
-- of them; where they fell, what was there before may have been other people, and only a single step is
-- certain. Several sources may have counted the same people or others. {as_of:Int64}
SELECT writeup, max(lo) AS lo, sum(hi) AS hi
FROM
(
    SELECT writeup, max(ifNull(uniques, 0)) AS lo, sum(ifNull(uniques, count)) AS hi
    FROM derived_count
    WHERE label = 0
      AND NOT cumulative
      AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
      AND at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
      AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
    GROUP BY writeup, source
    HAVING countIf(uniques IS NOT NULL) > 0
    UNION ALL
    SELECT
        writeup,
        toUInt64(greatest(0, if(
            countIf(fell) = 0,
            sumIf(grown, NOT first AND before_ms >= {since:Int64}),
            maxIf(grown, NOT first AND before_ms >= {since:Int64})))) AS lo,
        argMax(known, ms) + sumIf(known_before, fell) AS hi
    FROM
    (
        SELECT
            writeup, counter, ms, known,
            lagInFrame(ms) OVER so_far AS before_ms,
            lagInFrame(known) OVER so_far AS known_before,
            row_number() OVER so_far = 1 AS first,
            toInt64(known) - toInt64(known_before) AS grown,
            NOT first AND grown < 0 AS fell
        FROM
        (
            SELECT writeup, counter, ms, assumeNotNull(people) AS known
            FROM counter_step(as_of = {as_of:Int64})
            WHERE people IS NOT NULL
        )
        WINDOW so_far AS (PARTITION BY writeup, counter ORDER BY ms ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    )
    WHERE ms >= {since:Int64}
    GROUP BY writeup, counter
)
GROUP BY writeup
HAVING hi > 0
ORDER BY writeup
