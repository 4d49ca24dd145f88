-- Reads of {writeups:Array(UInt32)} as rows of generation {generation:UInt32}, by generation
-- {registry:UInt32} of the registry. {double_click_ms:Int64}: clicks at most this far apart are one
-- read, whose chain keeps the last. Store::derive.
INSERT INTO derived_read
WITH
    target AS
    (
        SELECT target, number
        FROM registry_target
        WHERE generation = {registry:UInt32} AND has({writeups:Array(UInt32)}, number)
    ),
    writeup AS
    (
        SELECT number, published_at, deleted_at
        FROM registry_writeup
        WHERE generation = {registry:UInt32}
    ),
    contributor AS
    (
        SELECT number, arrayJoin(contributors)
        FROM registry_writeup
        WHERE generation = {registry:UInt32}
    ),
    person AS
    (
        SELECT pseudonym, number, kind
        FROM registry_person
        WHERE generation = {registry:UInt32}
    ),
    resolved AS
    (
        SELECT
            t.number AS writeup,
            r.key AS key,
            toUnixTimestamp64Milli(r.at) AS ms,
            p.number AS person,
            r.session AS session,
            r.engaged_ms AS engaged_ms,
            r.scroll_milli AS scroll_milli,
            r.assigned AS assigned,
            r.agent != '' AS agent,
            multiIf(
                w.deleted_at IS NOT NULL AND ms >= w.deleted_at, 2,
                r.bot OR r.agent != '' OR p.kind IN ('bot', 'room', 'service'), 3,
                p.number != 0 AND (t.number, p.number) IN contributor, 4,
                w.published_at IS NOT NULL AND ms < w.published_at, 5,
                0) AS label,
            if(w.published_at IS NULL OR label != 0, -1,
                intDiv(ms - assumeNotNull(w.published_at), 86400000)) AS age_day,
            -- A person's number is small, a session is a hash: they don't meet.
            if(p.number != 0, toUInt64(p.number), r.session) AS actor
        FROM
        (
            SELECT key, at, target, person, session, engaged_ms, scroll_milli, bot, agent, assigned
            FROM landing_read FINAL
            WHERE target IN (SELECT target FROM target)
        ) AS r
        ANY LEFT JOIN target AS t ON r.target = t.target
        ANY LEFT JOIN person AS p ON r.person = p.pseudonym
        ANY LEFT JOIN writeup AS w ON t.number = w.number
    ),
    -- Only kept reads with a known actor chain; the others pass by without a sort.
    neighboured AS
    (
        SELECT *,
            lagInFrame(ms, 1, ms - {double_click_ms:Int64} - 1) OVER neighbours AS before,
            leadInFrame(ms, 1, ms + {double_click_ms:Int64} + 1) OVER neighbours AS after
        FROM resolved
        WHERE label = 0 AND actor != 0
        WINDOW neighbours AS
        (
            PARTITION BY writeup, actor ORDER BY ms, key
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
    ),
    chained AS
    (
        SELECT *,
            sum(ms - before > {double_click_ms:Int64}) OVER
            (
                PARTITION BY writeup, actor ORDER BY ms, key
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS chain
        FROM neighboured
    )
SELECT
    {generation:UInt32}, writeup, label, person, fromUnixTimestamp64Milli(ms, 'UTC'), session,
    sum(engaged_ms) OVER so_far, max(scroll_milli) OVER so_far,
    if(after - ms > {double_click_ms:Int64}, 0, after - ms + 1), age_day, assigned, agent
FROM chained
WINDOW so_far AS
(
    PARTITION BY writeup, actor, chain ORDER BY ms, key
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
UNION ALL
SELECT
    {generation:UInt32}, writeup, label, person, fromUnixTimestamp64Milli(ms, 'UTC'), session,
    engaged_ms, scroll_milli, 0, age_day, assigned, agent
FROM resolved
WHERE label != 0 OR actor = 0
