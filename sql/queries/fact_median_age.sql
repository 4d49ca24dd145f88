-- L2: exact median age of reads, ms, and how many reads there are; single reads and daily counts by
-- weight. Counting by day of age tells in which days the middle lies, so only their milliseconds
-- are sorted. {as_of:Int64} {from:Int64} the first instant; {below:Int64} ages below this many ms;
-- {writeups:Array(UInt32)}; {registry:UInt32}
WITH
    published AS
    (
        SELECT number, assumeNotNull(published_at) AS published_ms
        FROM registry_writeup
        WHERE generation = {registry:UInt32} AND published_at IS NOT NULL
          AND has({writeups:Array(UInt32)}, number)
    ),
    aged AS
    (
        SELECT age, intDiv(age, 86400000) AS day, n
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
    ),
    by_day AS
    (
        SELECT day, weight,
            sum(weight) OVER (ORDER BY day) AS upto,
            sum(weight) OVER () AS total
        FROM (SELECT day, sum(n) AS weight FROM aged GROUP BY day)
    ),
    (
        SELECT (groupArray(day), min(upto - weight), any(total))
        FROM by_day
        WHERE upto > intDiv(total - 1, 2) AND upto - weight <= intDiv(total, 2)
    ) AS middle,
    middle.1 AS days,
    -- Without any read there is no middle, and what is missing is null.
    ifNull(middle.2, toUInt64(0)) AS earlier,
    ifNull(middle.3, toUInt64(0)) AS reads
SELECT
    reads,
    (minIf(age, upto > intDiv(reads - 1, 2)) + minIf(age, upto > intDiv(reads, 2))) / 2 AS median
FROM
(
    SELECT age, earlier + sum(weight) OVER (ORDER BY age) AS upto
    FROM (SELECT age, sum(n) AS weight FROM aged WHERE has(days, day) GROUP BY age)
)
