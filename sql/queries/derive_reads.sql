-- Staged reads of {writeups:Array(UInt32)} as rows of generation {generation:UInt32}.
-- {double_click_ms:Int64}: clicks at most this far apart are one read, whose chain keeps the last.
-- The table is read in its own order, so nothing is sorted but the few rows of true chains. These are put in
-- order once more by what is stored of them: `key` is a hash by the folder's own key, and which of two clicks at
-- one instant is the last must be the same in every folder. Store::derive.
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
    -- Neighbours of a chain are all in it, and of clicks at one instant any may stand first: so who is first and who
    -- is last is asked again in this order.
    ordered AS
    (
        SELECT *,
            ms - lagInFrame(ms, 1, ms - {double_click_ms:Int64} - 1) OVER so_far > {double_click_ms:Int64} AS begins,
            leadInFrame(ms, 1, ms + {double_click_ms:Int64} + 1) OVER
            (
                PARTITION BY writeup, actor
                ORDER BY ms, assigned, agent, team, arrival, engaged_ms, scroll_milli, key
                ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING
            ) AS next_ms,
            row_number() OVER so_far AS place
        FROM neighboured
        WHERE NOT (first AND last)
        WINDOW so_far AS
        (
            PARTITION BY writeup, actor
            ORDER BY ms, assigned, agent, team, arrival, engaged_ms, scroll_milli, key
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
    ),
    chained AS
    (
        SELECT *,
            sum(begins) OVER
            (
                PARTITION BY writeup, actor ORDER BY place
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS chain
        FROM ordered
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
    if(next_ms - ms > {double_click_ms:Int64}, 0, next_ms - ms + 1), age_day, assigned, agent, team, first_value(arrival) OVER so_far
FROM chained
WINDOW so_far AS
(
    PARTITION BY writeup, actor, chain ORDER BY place
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
SETTINGS optimize_read_in_window_order = 1,
    query_plan_reuse_storage_ordering_for_window_functions = 1
