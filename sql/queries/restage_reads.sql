-- Reads of {writeups:Array(UInt32)} staged under generation 0, once more under {generation:UInt32}: those of a
-- day on which a source of higher rank watches get label 9 and take no part in double clicks. {tz:String}.
-- Store::stage_reconciled.
INSERT INTO staged_read
(
    writeup, actor, ms, key, person, session, engaged_ms, scroll_milli, assigned, agent, label,
    age_day, generation, team, source, arrival
)
WITH
    day AS
    (
        SELECT writeup, date, source, rank
        FROM derived_source_day
        WHERE generation = {generation:UInt32} AND has({writeups:Array(UInt32)}, writeup)
    ),
    ranked AS
    (
        SELECT writeup, source, max(rank) AS rank FROM day GROUP BY writeup, source
    ),
    watch AS
    (
        SELECT date, source
        FROM derived_source_day
        WHERE generation = {generation:UInt32} AND writeup = 0
    ),
    best AS
    (
        SELECT d.writeup AS writeup, d.date AS date, max(r.rank) AS rank
        FROM (SELECT DISTINCT writeup, date FROM day) AS d
        INNER JOIN (SELECT * FROM ranked WHERE rank < 255) AS r ON d.writeup = r.writeup
        INNER JOIN watch AS w ON d.date = w.date AND r.source = w.source
        GROUP BY d.writeup, d.date
    )
SELECT
    s.writeup,
    if((s.label = 0 AND d.rank < b.rank) AS beaten, 0, s.actor),
    s.ms,
    s.key,
    s.person,
    s.session,
    s.engaged_ms,
    s.scroll_milli,
    s.assigned,
    s.agent,
    if(beaten, 9, s.label),
    if(beaten, -1, s.age_day),
    {generation:UInt32},
    s.team,
    s.source,
    s.arrival
FROM
(
    SELECT *, toInt32(toDate32(fromUnixTimestamp64Milli(ms, 'UTC'), {tz:String})) AS date
    FROM staged_read
    WHERE generation = 0 AND has({writeups:Array(UInt32)}, writeup)
) AS s
ANY LEFT JOIN ranked AS d ON s.writeup = d.writeup AND s.source = d.source
ANY LEFT JOIN best AS b ON s.writeup = b.writeup AND s.date = b.date
