-- What became of kept reads and daily counts before {as_of:Int64}. Store::read_health.
SELECT
    (
        SELECT count() FROM derived_read
        WHERE label = 0 AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
          AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
    ) AS clicks,
    (SELECT count() FROM kept_read(as_of = {as_of:Int64})) AS kept,
    (SELECT countIf(person = 0) FROM kept_read(as_of = {as_of:Int64})) AS anonymous,
    (
        SELECT count() FROM derived_count
        WHERE label = 0 AND NOT cumulative AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
          AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
    ) AS aggregated_rows,
    (
        SELECT sum(count) FROM derived_count
        WHERE label = 0 AND NOT cumulative AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
          AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
    ) AS aggregated_reads
