-- L2: exact median age of reads, ms, and the people behind it; single reads and daily counts by
-- weight. {as_of:Int64} {from:Int64} the first instant; {below:Int64} ages below this many ms;
-- {writeups:Array(UInt32)}; {registry:UInt32}
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
        SELECT age, sum(n) AS weight
        FROM
        (
            SELECT r.ms - w.published_ms AS age, toUInt64(1) AS n
            FROM kept_read(as_of = {as_of:Int64}) AS r
            INNER JOIN published AS w ON r.writeup = w.number
            WHERE r.ms >= {from:Int64}
            UNION ALL
            SELECT toUnixTimestamp64Milli(c.at) - w.published_ms, c.count
            FROM derived_count AS c
            INNER JOIN published AS w ON c.writeup = w.number
            WHERE c.label = 0 AND NOT c.cumulative
              AND c.at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
              AND c.at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
              AND (c.writeup, c.generation) IN (SELECT writeup, generation FROM derived_state FINAL)
        )
        WHERE age < {below:Int64}
        GROUP BY age
    ),
    ranked AS
    (
        SELECT age, sum(weight) OVER (ORDER BY age) AS upto, sum(weight) OVER () AS total
        FROM weighted
    )
SELECT
    any(total) AS reads,
    (minIf(age, upto > intDiv(total - 1, 2)) + minIf(age, upto > intDiv(total, 2))) / 2 AS median
FROM ranked
