-- LongTail::ages: how old write-ups were when they were read, ms, up to an end of each ({horizons:Array(Int64)},
-- of {writeups:Array(UInt32)} in the same order). An age that is kept to {bits:UInt8} binary digits after its
-- first stands for all that begin so; with 52, all that a float has, each stands for itself. One row an end and
-- such an age (bin: the float's own bits, less those that are cut off): how many reads, and the mean of their
-- ages. What is younger than a minute counts as a minute; a read at the very instant of publication, or from the
-- end on, is left out. Daily counts stand at noon. {as_of:Int64} {registry:UInt32}. Store::read_ages
WITH followed AS
(
    SELECT w.number AS number, assumeNotNull(w.published_at) AS published_ms, f.horizon AS horizon
    FROM registry_writeup AS w
    INNER JOIN
    (
        SELECT each.1 AS number, each.2 AS horizon
        FROM (SELECT arrayJoin(arrayZip({writeups:Array(UInt32)}, {horizons:Array(Int64)})) AS each)
    ) AS f ON w.number = f.number
    WHERE w.generation = {registry:UInt32} AND w.published_at IS NOT NULL
)
SELECT
    horizon,
    bitShiftRight(reinterpretAsUInt64(toFloat64(long)), 52 - {bits:UInt8}) AS bin,
    toUInt64(sum(n)) AS reads,
    toFloat64(sum(long * n)) / toFloat64(reads) AS age
FROM
(
    SELECT horizon, toUInt64(greatest(age, 60000)) AS long, n
    FROM
    (
        SELECT r.ms - f.published_ms AS age, f.horizon AS horizon, toUInt64(1) AS n
        FROM kept_read(as_of = {as_of:Int64}) AS r
        INNER JOIN followed AS f ON r.writeup = f.number
        UNION ALL
        SELECT toUnixTimestamp64Milli(c.at) - f.published_ms, f.horizon, c.count
        FROM derived_count AS c
        INNER JOIN followed AS f ON c.writeup = f.number
        WHERE c.label = 0 AND NOT c.cumulative AND c.count > 0
          AND c.at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
          AND (c.writeup, c.generation) IN (SELECT writeup, generation FROM derived_state FINAL)
    )
    WHERE age > 0 AND age < horizon
)
GROUP BY horizon, bin
ORDER BY horizon, bin
