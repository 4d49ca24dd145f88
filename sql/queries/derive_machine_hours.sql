-- Stretches of sixty minutes in which one actor read more than {machine_writeups:UInt32} distinct write-ups, by
-- generation {registry:UInt32} of the registry; those that overlap are one. Store::find_machines.
INSERT INTO staged_machine (found, actor, from_ms, to_ms)
WITH
    suspect AS
    (
        SELECT actor, intDiv(from_ms, 3600000) + arrayJoin([-1, 0, 1]) AS hour
        FROM staged_machine
        WHERE NOT found
    ),
    own AS
    (
        SELECT if(p.number != 0, toUInt64(p.number), r.session) AS actor, r.ms AS ms, r.target AS target
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
        WHERE (actor, intDiv(r.ms, 3600000)) IN suspect
    ),
    windowed AS
    (
        SELECT o.actor AS actor, o.ms AS ms,
            uniqExactIf(t.number, t.number != 0) OVER
            (
                PARTITION BY actor ORDER BY ms RANGE BETWEEN 3599999 PRECEDING AND CURRENT ROW
            ) AS writeups
        FROM own AS o
        ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
            ON o.target = t.target AND o.ms >= t.from_ms
    ),
    busy AS
    (
        SELECT actor, ms,
            ms - lagInFrame(ms, 1, ms - 3600000) OVER
            (
                PARTITION BY actor ORDER BY ms ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
            ) >= 3600000 AS begins
        FROM windowed
        WHERE writeups > {machine_writeups:UInt32}
    ),
    numbered AS
    (
        SELECT actor, ms,
            sum(begins) OVER
            (
                PARTITION BY actor ORDER BY ms ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS stretch
        FROM busy
    )
SELECT true, actor, min(ms) - 3599999, max(ms) + 1
FROM numbered
GROUP BY actor, stretch
