-- What became of kept reads and daily counts before {as_of:Int64}. Store::read_health.
SELECT kept.all_clicks AS clicks, kept.n AS kept, kept.anonymous AS anonymous,
    counted.n AS aggregated_rows, counted.reads AS aggregated_reads,
    left_out.own AS own_people, left_out.draft AS draft_people,
    left_out.others AS other_people, compared.people AS compared_people,
    left_out.agents AS agent_people,
    left_out.machines AS machine_people
FROM
(
    SELECT
        count() AS all_clicks,
        countIf(stays) AS n,
        countIf(stays AND person = 0) AS anonymous
    FROM
    (
        SELECT
            person,
            superseded_ms = 0 OR toUnixTimestamp64Milli(at) + superseded_ms - 1 >= {as_of:Int64} AS stays
        FROM derived_read
        WHERE label = 0 AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
          AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
    )
) AS kept,
(
    SELECT count() AS n, sum(count) AS reads
    FROM derived_count
    WHERE label = 0 AND NOT cumulative AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
      AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
) AS counted,
(
    SELECT uniqExactIf(person, label = 4) AS own, uniqExactIf(person, label = 5) AS draft,
        uniqExactIf(person, label = 9) AS others, uniqExactIf(person, label = 10) AS agents,
        uniqExactIf(person, label = 11) AS machines
    FROM derived_read
    WHERE label IN (4, 5, 9, 10, 11) AND person != 0 AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
      AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
) AS left_out,
(
    -- Whoever is known to have read what another source saw, too, may be who that one saw.
    SELECT uniqExact(person) AS people
    FROM derived_read
    WHERE label IN (0, 4, 5, 9) AND person != 0 AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
      AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
      AND writeup IN
      (
          SELECT writeup
          FROM derived_read
          WHERE label = 9 AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
            AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
          UNION ALL
          SELECT writeup
          FROM derived_count
          WHERE label = 9 AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
            AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
      )
) AS compared
