-- LongTail::ages: how old write-ups were when they were read, ms, up to an end of each ({horizons:Array(Int64)},
-- of {writeups:Array(UInt32)} in the same order). An age that is kept to {bits:UInt8} binary digits more than its
-- first stands for all that begin so; with 63 each stands for itself. One row an end and such an age (bin): how
-- many reads, and the mean of their ages. What is younger than a minute counts as a minute; a read at the very
-- instant of publication, or from the end on, is left out. Daily counts stand at noon.
-- {as_of:Int64} {registry:UInt32}. Store::read_ages
WITH published AS
(
    SELECT number, assumeNotNull(published_at) AS published_ms
    FROM registry_writeup
    WHERE generation = {registry:UInt32} AND published_at IS NOT NULL
      AND has({writeups:Array(UInt32)}, number)
)
SELECT
    horizon,
    -- Of cut ages the first digits and how many were cut, in one number.
    bitOr(bitShiftLeft(toUInt64(cut), 56), bitShiftRight(long, cut)) AS bin,
    toUInt64(sum(n)) AS reads,
    toFloat64(sum(toUInt128(long) * n)) / toFloat64(reads) AS age
FROM
(
    SELECT
        horizon,
        toUInt64(greatest(age, 60000)) AS long,
        toUInt8(greatest(0, toInt32(floor(log2(long))) - toInt32({bits:UInt8}))) AS cut,
        n
    FROM
    (
        SELECT
            r.ms - w.published_ms AS age,
            transform(r.writeup, {writeups:Array(UInt32)}, {horizons:Array(Int64)}, toInt64(0)) AS horizon,
            toUInt64(1) AS n
        FROM kept_read(as_of = {as_of:Int64}) AS r
        INNER JOIN published AS w ON r.writeup = w.number
        UNION ALL
        SELECT
            toUnixTimestamp64Milli(c.at) - w.published_ms,
            transform(c.writeup, {writeups:Array(UInt32)}, {horizons:Array(Int64)}, toInt64(0)),
            c.count
        FROM derived_count AS c
        INNER JOIN published AS w ON c.writeup = w.number
        WHERE c.label = 0 AND NOT c.cumulative AND c.count > 0
          AND c.at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
          AND (c.writeup, c.generation) IN (SELECT writeup, generation FROM derived_state FINAL)
    )
    WHERE age > 0 AND age < horizon
)
GROUP BY horizon, bin
ORDER BY horizon, bin
