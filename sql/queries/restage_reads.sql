-- Reads of {writeups:Array(UInt32)} staged under generation 0, once more under {generation:UInt32}: of each
-- page and day those of the highest rank stay, among the sources that watch and had seen the page by then; the
-- others get label 9 and take no part in double clicks. Reads by AI agents give way only to a source that had
-- seen one there. {tz:String}. Store::stage_reconciled.
INSERT INTO staged_read
(
    writeup, actor, ms, key, person, session, engaged_ms, scroll_milli, assigned, agent, label,
    age_day, generation, team, source, arrival, page
)
WITH
    day AS
    (
        SELECT writeup, page, date, source, sights, agents
        FROM derived_source_day
        WHERE generation = {generation:UInt32} AND has({writeups:Array(UInt32)}, writeup) AND NOT counter
    ),
    sight AS
    (
        SELECT writeup, page, source, minOrNullIf(date, sights > 0) AS since,
            minOrNullIf(date, agents > 0) AS agents_since
        FROM day
        GROUP BY writeup, page, source
    ),
    best AS
    (
        SELECT
            d.writeup AS writeup,
            d.page AS page,
            d.date AS date,
            maxIf(w.rank, ifNull(s.since <= d.date, false)) AS rank,
            maxIf(w.rank, ifNull(s.agents_since <= d.date, false)) AS agents_rank
        FROM (SELECT DISTINCT writeup, page, date FROM day) AS d
        INNER JOIN sight AS s ON d.writeup = s.writeup AND d.page = s.page
        INNER JOIN (SELECT * FROM staged_watch WHERE NOT counter) AS w ON d.date = w.date AND s.source = w.source
        GROUP BY writeup, page, date
    )
SELECT
    s.writeup,
    if(
        multiIf(s.label IN (0, 4, 5, 11), w.rank < b.rank, s.label = 10, w.rank < b.agents_rank, false) AS beaten,
        0,
        s.actor),
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
    s.arrival,
    s.page
FROM
(
    SELECT *, toInt32(toDate32(fromUnixTimestamp64Milli(ms, 'UTC'), {tz:String})) AS date
    FROM staged_read
    WHERE generation = 0 AND has({writeups:Array(UInt32)}, writeup)
) AS s
ANY LEFT JOIN (SELECT * FROM staged_watch WHERE NOT counter) AS w ON s.source = w.source AND s.date = w.date
ANY LEFT JOIN best AS b ON s.writeup = b.writeup AND s.page = b.page AND s.date = b.date
