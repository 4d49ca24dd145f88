-- L2: median age of the reads of each write-up with at least {least:UInt64} of them, ms; parameters
-- as in fact_median_age.
WITH
    published AS
    (
        SELECT number, assumeNotNull(published_at) AS published_ms
        FROM registry_writeup
        WHERE generation = {registry:UInt32} AND published_at IS NOT NULL
          AND has({writeups:Array(UInt32)}, number)
    ),
    weighted AS
    (
        SELECT writeup, age, sum(n) AS weight
        FROM
        (
            SELECT r.writeup AS writeup, r.ms - w.published_ms AS age, toUInt64(1) AS n
            FROM kept_read(as_of = {as_of:Int64}) AS r
            INNER JOIN published AS w ON r.writeup = w.number
            UNION ALL
            SELECT c.writeup, toUnixTimestamp64Milli(c.at) - w.published_ms, c.count
            FROM derived_count AS c
            INNER JOIN published AS w ON c.writeup = w.number
            WHERE c.label = 0 AND NOT c.cumulative
              AND c.at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
              AND (c.writeup, c.generation) IN (SELECT writeup, generation FROM derived_state FINAL)
        )
        WHERE age < {below:Int64}
        GROUP BY writeup, age
    ),
    ranked AS
    (
        SELECT writeup, age,
            sum(weight) OVER (PARTITION BY writeup ORDER BY age) AS upto,
            sum(weight) OVER (PARTITION BY writeup) AS total
        FROM weighted
    )
SELECT
    writeup,
    (minIf(age, upto > intDiv(total - 1, 2)) + minIf(age, upto > intDiv(total, 2))) / 2 AS median
FROM ranked
GROUP BY writeup
HAVING any(total) >= {least:UInt64}
ORDER BY writeup
