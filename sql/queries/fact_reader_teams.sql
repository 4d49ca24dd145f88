-- Reach::teams: readers of each write-up by team, and beside each row the people behind all rows of one kind:
-- of the owning team, of others, and those who are neither since their team or the owner is not known. The
-- team is the one at somebody's last read of the write-up: what that event says, else the roster's; where
-- neither is known, what an earlier event said. The reads are gone through in their own order, so that no more
-- than one pair is held, and teams are 64-bit hashes (0: none) until their names are needed.
-- {as_of:Int64} {registry:UInt32}. Store::reader_teams
WITH
    name AS
    (
        SELECT DISTINCT cityHash64(team) AS hash, toString(team) AS name
        FROM
        (
            SELECT team FROM derived_read GROUP BY team
            UNION ALL
            SELECT team FROM registry_team WHERE generation = {registry:UInt32} GROUP BY team
        )
        WHERE team != ''
    ),
    pair AS
    (
        SELECT
            writeup,
            person,
            max(ms) AS last_ms,
            argMax(said, ms) AS last_said,
            argMaxIf(said, ms, said != 0) AS ever_said
        FROM
        (
            SELECT writeup, person, ms, if(team = '', 0, cityHash64(team)) AS said
            FROM kept_read(as_of = {as_of:Int64})
            WHERE person != 0
        )
        GROUP BY writeup, person
        SETTINGS optimize_aggregation_in_order = 1
    ),
    placed AS
    (
        SELECT
            r.writeup AS writeup,
            multiIf(
                r.last_said != 0, r.last_said,
                r.last_ms < m.to_at AND m.member_of != 0, m.member_of,
                r.ever_said) AS hash,
            groupBitmapState(r.person) AS people
        FROM pair AS r
        ASOF LEFT JOIN
        (
            SELECT number, from_at, to_at, if(team = '', 0, cityHash64(team)) AS member_of
            FROM registry_team
            WHERE generation = {registry:UInt32}
        ) AS m ON r.person = m.number AND r.last_ms >= m.from_at
        GROUP BY writeup, hash
    ),
    sided AS
    (
        SELECT
            p.writeup AS writeup,
            n.name AS team,
            p.people AS people,
            multiIf(w.owner = '' OR team = '', 0, team = w.owner, 1, 2) AS side
        FROM placed AS p
        ANY LEFT JOIN name AS n ON p.hash = n.hash
        ANY LEFT JOIN
        (
            SELECT number, ifNull(owner_team, '') AS owner
            FROM registry_writeup
            WHERE generation = {registry:UInt32}
        ) AS w ON p.writeup = w.number
    )
SELECT
    one.1 AS writeup,
    one.2 AS team,
    one.3 AS readers,
    inside,
    outside,
    compared,
    others,
    known
FROM
(
    SELECT
        arrayJoin(groupArray((writeup, team, bitmapCardinality(people)))) AS one,
        groupBitmapMergeIf(people, side = 1) AS inside,
        groupBitmapMergeIf(people, side = 2) AS outside,
        groupBitmapMergeIf(people, side > 0) AS compared,
        groupBitmapMergeIf(people, side = 0) AS others,
        groupBitmapMergeIf(people, team != '') AS known
    FROM sided
)
ORDER BY writeup, team
