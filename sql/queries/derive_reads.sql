-- Staged reads of {writeups:Array(UInt32)} as rows of generation {generation:UInt32}.
-- {double_click_ms:Int64}: clicks at most this far apart are one read, whose chain keeps the last.
-- The table is read in its own order, so nothing is sorted but the few rows of true chains.
-- Store::derive.
INSERT INTO derived_read
WITH
    neighboured AS
    (
        SELECT *,
            actor = 0 OR ms - before > {double_click_ms:Int64} AS first,
            actor = 0 OR after - ms > {double_click_ms:Int64} AS last,
            lagInFrame(ms, 1, ms - {double_click_ms:Int64} - 1) OVER
            (
                PARTITION BY writeup, actor ORDER BY ms, key
                ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
            ) AS before,
            leadInFrame(ms, 1, ms + {double_click_ms:Int64} + 1) OVER
            (
                PARTITION BY writeup, actor ORDER BY ms, key
                ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING
            ) AS after
        FROM staged_read
        WHERE generation = {generation:UInt32} AND has({writeups:Array(UInt32)}, writeup)
    ),
    chained AS
    (
        SELECT *,
            sum(first) OVER
            (
                PARTITION BY writeup, actor ORDER BY ms, key
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS chain
        FROM neighboured
        WHERE NOT (first AND last)
    )
SELECT
    {generation:UInt32}, writeup, label, person, fromUnixTimestamp64Milli(ms, 'UTC'), session,
    engaged_ms, scroll_milli, 0, age_day, assigned, agent, team, arrival
FROM neighboured
WHERE first AND last
UNION ALL
SELECT
    {generation:UInt32}, writeup, label, person, fromUnixTimestamp64Milli(ms, 'UTC'), session,
    sum(engaged_ms) OVER so_far, max(scroll_milli) OVER so_far,
    if(last, 0, after - ms + 1), age_day, assigned, agent, team, first_value(arrival) OVER so_far
FROM chained
WINDOW so_far AS
(
    PARTITION BY writeup, actor, chain ORDER BY ms, key
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
SETTINGS optimize_read_in_window_order = 1,
    query_plan_reuse_storage_ordering_for_window_functions = 1
