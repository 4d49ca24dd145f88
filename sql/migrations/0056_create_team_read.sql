-- Kept reads as of {as_of:Int64} with the team that the reader was in then: the event's own word, else
-- the roster's by generation {registry:UInt32}, else empty.
CREATE VIEW team_read AS
SELECT
    r.writeup AS writeup,
    r.person AS person,
    r.ms AS ms,
    r.age_day AS age_day,
    r.assigned AS assigned,
    multiIf(r.team != '', toString(r.team), r.ms < m.to_at, m.member_of, '') AS team
FROM (SELECT * FROM kept_read(as_of = {as_of:Int64})) AS r
ASOF LEFT JOIN
(
    SELECT number, from_at, to_at, toString(team) AS member_of
    FROM registry_team
    WHERE generation = {registry:UInt32}
) AS m ON r.person = m.number AND r.ms >= m.from_at
