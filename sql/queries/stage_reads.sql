-- Reads of {writeups:Array(UInt32)} from landing, resolved by generation {registry:UInt32} of the
-- registry and labelled. Store::stage.
INSERT INTO staged_read
(
    writeup, actor, ms, key, person, session, engaged_ms, scroll_milli, assigned, agent, label,
    age_day, generation
)
WITH
    target AS
    (
        -- All of the time of a target that was any of theirs: another's events in it are not taken.
        SELECT target, from_ms, number, has({writeups:Array(UInt32)}, number) AS wanted
        FROM registry_target
        WHERE generation = {registry:UInt32} AND target IN
        (
            SELECT target
            FROM registry_target
            WHERE generation = {registry:UInt32} AND has({writeups:Array(UInt32)}, number)
        )
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
    )
SELECT
    t.number AS writeup,
    -- A person's number is small, a session is a hash: they don't meet.
    multiIf(label != 0, 0, p.number != 0, toUInt64(p.number), r.session) AS actor,
    toUnixTimestamp64Milli(r.at) AS ms,
    r.key,
    p.number AS person,
    r.session,
    r.engaged_ms,
    r.scroll_milli,
    r.assigned,
    r.agent != '' AS agent,
    multiIf(
        w.deleted_at IS NOT NULL AND ms >= w.deleted_at, 2,
        r.bot OR r.agent != '' OR p.kind IN ('bot', 'room', 'service'), 3,
        p.number != 0 AND (t.number, p.number) IN contributor, 4,
        w.published_at IS NOT NULL AND ms < w.published_at, 5,
        0) AS label,
    if(w.published_at IS NULL OR label != 0, -1,
        intDiv(ms - assumeNotNull(w.published_at), 86400000)) AS age_day,
    {registry:UInt32} AS generation
FROM
(
    SELECT key, at, target, person, session, engaged_ms, scroll_milli, bot, agent, assigned
    FROM landing_read FINAL
    WHERE target IN (SELECT target FROM target)
) AS r
ASOF LEFT JOIN target AS t ON r.target = t.target AND toUnixTimestamp64Milli(r.at) >= t.from_ms
ANY LEFT JOIN person AS p ON r.person = p.pseudonym
ANY LEFT JOIN writeup AS w ON t.number = w.number
WHERE t.wanted
