-- writeup, print: one number for the reads of a write-up that fall into stretches in
-- which their reader reads as only programs do. {registry:UInt32}. Store::find_machines.
SELECT t.number AS writeup, sum(cityHash64(own.key, own.since)) AS print
FROM
(
    SELECT r.key AS key, r.target AS target, r.ms AS ms, m.from_ms AS since
    FROM
    (
        SELECT if(p.number != 0, toUInt64(p.number), l.session) AS actor, l.key AS key, l.target AS target,
            l.ms AS ms
        FROM
        (
            SELECT key, target, person, session, toUnixTimestamp64Milli(at) AS ms
            FROM landing_read FINAL
            WHERE person != 0 OR session != 0
        ) AS l
        ANY LEFT JOIN
        (
            SELECT pseudonym, number FROM registry_person WHERE generation = {registry:UInt32}
        ) AS p ON l.person = p.pseudonym
        WHERE actor IN (SELECT actor FROM staged_machine WHERE found)
    ) AS r
    INNER JOIN
    (
        SELECT actor, from_ms, to_ms FROM staged_machine WHERE found
    ) AS m ON r.actor = m.actor
    WHERE r.ms >= m.from_ms AND r.ms < m.to_ms
) AS own
ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
    ON own.target = t.target AND own.ms >= t.from_ms
WHERE t.number != 0
GROUP BY writeup
ORDER BY writeup
