-- The hours that are looked at in which one actor read more than {machine_writeups:UInt32} distinct write-ups,
-- by generation {registry:UInt32} of the registry. An hour is one of UTC, as in R2. Store::find_machines.
INSERT INTO staged_machine (found, actor, from_ms, to_ms)
WITH
    suspect AS
    (
        SELECT actor, intDiv(from_ms, 3600000) AS hour FROM staged_machine WHERE NOT found
    )
SELECT true, actor, hour * 3600000 AS since, since + 3600000
FROM
(
    SELECT if(p.number != 0, toUInt64(p.number), r.session) AS actor, intDiv(r.ms, 3600000) AS hour, r.ms AS ms, r.target AS target
    FROM
    (
        SELECT target, person, session, toUnixTimestamp64Milli(at) AS ms
        FROM landing_read FINAL
        WHERE NOT bot AND agent = '' AND (person != 0 OR session != 0)
    ) AS r
    ANY LEFT JOIN
    (
        SELECT pseudonym, number FROM registry_person WHERE generation = {registry:UInt32}
    ) AS p ON r.person = p.pseudonym
    WHERE (actor, hour) IN suspect
) AS own
ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
    ON own.target = t.target AND own.ms >= t.from_ms
GROUP BY actor, hour
HAVING uniqExactIf(t.number, t.number != 0) > {machine_writeups:UInt32}
