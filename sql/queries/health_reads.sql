-- What became of kept reads and daily counts before {as_of:Int64}. Store::read_health.
SELECT clicks.n AS clicks, kept.n AS kept, kept.anonymous AS anonymous,
    counted.n AS aggregated_rows, counted.reads AS aggregated_reads
FROM
(
    SELECT count() AS n
    FROM derived_read
    WHERE label = 0 AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
      AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
) AS clicks,
(
    SELECT count() AS n, countIf(person = 0) AS anonymous FROM kept_read(as_of = {as_of:Int64})
) AS kept,
(
    SELECT count() AS n, sum(count) AS reads
    FROM derived_count
    WHERE label = 0 AND NOT cumulative AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
      AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
) AS counted
