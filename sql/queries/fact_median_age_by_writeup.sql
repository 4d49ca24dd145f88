-- L2: median age of the reads of each write-up with at least {least:UInt64} of them, ms; parameters
-- and way as in fact_median_age.
WITH
    published AS
    (
        SELECT number, assumeNotNull(published_at) AS published_ms
        FROM registry_writeup
        WHERE generation = {registry:UInt32} AND published_at IS NOT NULL
          AND has({writeups:Array(UInt32)}, number)
    ),
    counted AS
    (
        SELECT c.writeup AS writeup, toUnixTimestamp64Milli(c.at) - w.published_ms AS age,
            intDiv(age, 86400000) AS day, c.count AS n
        FROM derived_count AS c
        INNER JOIN published AS w ON c.writeup = w.number
        WHERE c.label = 0 AND NOT c.cumulative
          AND c.at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
          AND (c.writeup, c.generation) IN (SELECT writeup, generation FROM derived_state FINAL)
          AND age < {below:Int64}
    ),
    middle AS
    (
        SELECT writeup, day, total, min(upto - weight) OVER (PARTITION BY writeup) AS earlier
        FROM
        (
            SELECT writeup, day, weight,
                sum(weight) OVER (PARTITION BY writeup ORDER BY day) AS upto,
                sum(weight) OVER (PARTITION BY writeup) AS total
            FROM
            (
                SELECT writeup, day, sum(n) AS weight
                FROM
                (
                    SELECT writeup, toInt64(age_day) AS day, single AS n
                    FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
                    WHERE single > 0 AND age_day >= 0 AND age_day < {below_days:Int32}
                      AND writeup IN (SELECT number FROM published)
                    UNION ALL
                    SELECT writeup, day, n FROM counted
                )
                GROUP BY writeup, day
            )
        )
        WHERE upto > intDiv(total - 1, 2) AND upto - weight <= intDiv(total, 2)
          AND total >= {least:UInt64}
    ),
    ranked AS
    (
        SELECT writeup, age, total,
            earlier + sum(weight) OVER (PARTITION BY writeup ORDER BY age) AS upto
        FROM
        (
            SELECT a.writeup AS writeup, a.age AS age, sum(a.n) AS weight,
                any(m.total) AS total, any(m.earlier) AS earlier
            FROM
            (
                SELECT r.writeup AS writeup, r.ms - w.published_ms AS age, r.day AS day, toUInt64(1) AS n
                FROM
                (
                    SELECT writeup, ms, toInt64(age_day) AS day
                    FROM kept_read(as_of = {as_of:Int64})
                    WHERE (writeup, toInt64(age_day)) IN (SELECT writeup, day FROM middle)
                ) AS r
                INNER JOIN published AS w ON r.writeup = w.number
                UNION ALL
                SELECT writeup, age, day, n FROM counted
            ) AS a
            INNER JOIN middle AS m ON a.writeup = m.writeup AND a.day = m.day
            GROUP BY writeup, age
        )
    )
SELECT
    writeup,
    (minIf(age, upto > intDiv(total - 1, 2)) + minIf(age, upto > intDiv(total, 2))) / 2 AS median
FROM ranked
GROUP BY writeup
ORDER BY writeup
