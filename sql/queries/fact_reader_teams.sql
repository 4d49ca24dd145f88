-- Reach::teams: readers of each write-up by team, and beside each row the people behind all rows of one kind:
-- of the owning team, of others, and those who are neither since their team or the owner is not known. The
-- team is the one at somebody's last read of the write-up: what that event says, else the roster's; where
-- neither is known, what an earlier event said. {as_of:Int64} {registry:UInt32}. Store::reader_teams
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
    FROM
    (
        SELECT
            r.writeup AS writeup,
            multiIf(
                r.last_team != '', r.last_team,
                r.last_ms < m.to_at AND m.member_of != '', m.member_of,
                r.named_team) AS team,
            any(w.owner) AS owner,
            multiIf(owner = '' OR team = '', 0, team = owner, 1, 2) AS side,
            groupBitmapState(r.person) AS people
        FROM
        (
            SELECT
                writeup,
                person,
                max(ms) AS last_ms,
                toString(argMax(team, ms)) AS last_team,
                toString(argMaxIf(team, ms, team != '')) AS named_team
            FROM kept_read(as_of = {as_of:Int64})
            WHERE person != 0
            GROUP BY writeup, person
        ) AS r
        ASOF LEFT JOIN
        (
            SELECT number, from_at, to_at, toString(team) AS member_of
            FROM registry_team
            WHERE generation = {registry:UInt32}
        ) AS m ON r.person = m.number AND r.last_ms >= m.from_at
        ANY LEFT JOIN
        (
            SELECT number, ifNull(owner_team, '') AS owner
            FROM registry_writeup
            WHERE generation = {registry:UInt32}
        ) AS w ON r.writeup = w.number
        GROUP BY writeup, team
    )
)
ORDER BY writeup, team
