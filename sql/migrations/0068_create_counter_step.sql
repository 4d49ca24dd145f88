-- R6: samples of cumulative counters as of an instant {as_of:Int64}, each with what it adds to the one
-- before. The first of a counter adds nothing. `fall`: 1 a reset (below nine tenths: the increment is a lower
-- bound), 2 a correction (it adds nothing). `gap`: over one and a half of the counter's polling period.
-- Of two samples at one time the larger counts.
CREATE VIEW counter_step AS
WITH
    sample AS
    (
        SELECT
            writeup,
            counter,
            toUnixTimestamp64Milli(at) AS ms,
            max(count) AS figure,
            max(uniques) AS people
        FROM derived_count
        WHERE label = 0
          AND cumulative
          AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
          AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        GROUP BY writeup, counter, ms
    ),
    stepped AS
    (
        SELECT
            *,
            lagInFrame(toNullable(ms)) OVER so_far AS since,
            lagInFrame(figure) OVER so_far AS before
        FROM sample
        WINDOW so_far AS
        (
            PARTITION BY writeup, counter ORDER BY ms
            ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
        )
    ),
    period AS
    (
        SELECT writeup, counter, quantileExactLow(0.5)(ms - assumeNotNull(since)) AS period
        FROM stepped
        WHERE since IS NOT NULL
        GROUP BY writeup, counter
    )
SELECT
    s.writeup AS writeup,
    s.counter AS counter,
    s.since AS since,
    s.ms AS ms,
    s.figure AS figure,
    s.people AS people,
    multiIf(
        s.since IS NULL OR s.figure >= s.before, 0,
        s.figure * 10 >= s.before * 9, 2,
        1) AS fall,
    multiIf(
        s.since IS NULL, toUInt64(0),
        fall = 0, toUInt64(s.figure - s.before),
        fall = 1, s.figure,
        toUInt64(0)) AS added,
    s.since IS NOT NULL AND (s.ms - assumeNotNull(s.since)) * 2 > p.period * 3 AS gap
FROM stepped AS s
ANY LEFT JOIN period AS p ON s.writeup = p.writeup AND s.counter = p.counter
