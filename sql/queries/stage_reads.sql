-- Reads of {writeups:Array(UInt32)} from landing, resolved by generation {registry:UInt32} of the
-- registry and labelled. Assigned is what the event says so itself, and what falls into an assignment of
-- its write-up: by the reader's team then, or because they had joined less than {newcomer_ms:Int64}
-- before. AI agents are those that the event names, and the accounts {agents:Array(UInt32)}; an agent's own
-- account is nobody for whom it reads. Rows get generation {stage:UInt32}. Store::stage.
INSERT INTO staged_read
(
    writeup, actor, ms, key, person, session, engaged_ms, scroll_milli, assigned, agent, label,
    age_day, generation, team, source, arrival, page
)
WITH
    target AS
    (
        -- All of the time of a target that was any of theirs: another's events in it are not taken.
        SELECT target, from_ms, number, page, has({writeups:Array(UInt32)}, number) AS wanted
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
        SELECT pseudonym, number, kind, joined_at
        FROM registry_person
        WHERE generation = {registry:UInt32}
    ),
    assignment AS
    (
        SELECT writeup, groupArray((from_at, to_at, toString(team), newcomers)) AS list
        FROM registry_assignment
        WHERE generation = {registry:UInt32} AND has({writeups:Array(UInt32)}, writeup)
        GROUP BY writeup
    ),
    -- Nobody's team is asked for where nothing is assigned to one.
    member AS
    (
        SELECT number, from_at, to_at, toString(team) AS team
        FROM registry_team
        WHERE generation = {registry:UInt32}
          AND (
              SELECT count() > 0
              FROM registry_assignment
              WHERE generation = {registry:UInt32} AND team != ''
                AND has({writeups:Array(UInt32)}, writeup))
    ),
    -- Stretches in which somebody reads as only programs do.
    machine AS
    (
        SELECT actor, groupArray((from_ms, to_ms)) AS stretches FROM staged_machine WHERE found GROUP BY actor
    )
SELECT
    t.number AS writeup,
    -- A person's number is small, a session is a hash: they don't meet.
    multiIf(label != 0, 0, p.number != 0, toUInt64(p.number), r.session) AS actor,
    r.ms AS ms,
    r.key,
    if(label = 10 AND p.kind IN ('bot', 'room', 'service'), 0, p.number) AS person,
    r.session,
    r.engaged_ms,
    r.scroll_milli,
    r.told OR arrayExists(
        a -> a.1 <= r.ms AND r.ms < a.2 AND multiIf(
            a.4, ifNull(p.joined_at <= r.ms AND r.ms < p.joined_at + {newcomer_ms:Int64}, false),
            a.3 = '', true,
            a.3 = if(r.own_team != '', r.own_team, if(r.ms < m.to_at, m.team, ''))),
        s.list) AS assigned,
    r.agent != '' AS agent,
    multiIf(
        w.deleted_at IS NOT NULL AND ms >= w.deleted_at, 2,
        p.kind = 'excluded', 6,
        r.agent != '' OR has({agents:Array(UInt32)}, p.number), 10,
        r.bot OR p.kind IN ('bot', 'room', 'service'), 3,
        arrayExists(s -> s.1 <= r.ms AND r.ms < s.2, x.stretches), 11,
        p.number != 0 AND (t.number, p.number) IN contributor, 4,
        w.published_at IS NOT NULL AND ms < w.published_at, 5,
        0) AS label,
    if(w.published_at IS NULL OR label != 0, -1,
        intDiv(ms - assumeNotNull(w.published_at), 86400000)) AS age_day,
    {stage:UInt32} AS generation,
    r.own_team AS team,
    r.source AS source,
    r.arrival AS arrival,
    t.page AS page
FROM
(
    SELECT key, toUnixTimestamp64Milli(at) AS ms, target, person, session, engaged_ms, scroll_milli,
        bot, agent, assigned AS told, toString(team) AS own_team, source, arrival
    FROM landing_read FINAL
    WHERE target IN (SELECT target FROM target)
) AS r
ASOF LEFT JOIN target AS t ON r.target = t.target AND r.ms >= t.from_ms
ANY LEFT JOIN person AS p ON r.person = p.pseudonym
ANY LEFT JOIN machine AS x ON if(p.number != 0, toUInt64(p.number), r.session) = x.actor
ANY LEFT JOIN writeup AS w ON t.number = w.number
ANY LEFT JOIN assignment AS s ON t.number = s.writeup
ASOF LEFT JOIN member AS m ON p.number = m.number AND r.ms >= m.from_at
WHERE t.wanted
