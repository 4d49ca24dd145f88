-- Runs of reads of one actor, without any engaged time and less than {machine_gap_ms:Int64} apart, through
-- more than {machine_run:UInt32} distinct write-ups, around these hours.
-- {registry:UInt32}. Reads whose engaged time is not known say nothing. Store::find_machines.
INSERT INTO staged_machine (found, actor, from_ms, to_ms)
WITH
    suspect AS
    (
        SELECT actor, intDiv(from_ms, 3600000) + arrayJoin([-1, 0, 1]) AS hour
        FROM staged_machine
        WHERE NOT found
    ),
    idle AS
    (
        SELECT if(p.number != 0, toUInt64(p.number), r.session) AS actor, r.ms AS ms, r.key AS key, r.target AS target
        FROM
        (
            SELECT key, target, person, session, toUnixTimestamp64Milli(at) AS ms
            FROM landing_read FINAL
            WHERE engaged_ms = 0 AND NOT bot AND agent = '' AND (person != 0 OR session != 0)
        ) AS r
        ANY LEFT JOIN
        (
            SELECT pseudonym, number FROM registry_person WHERE generation = {registry:UInt32}
        ) AS p ON r.person = p.pseudonym
        WHERE (actor, intDiv(r.ms, 3600000)) IN suspect
    ),
    neighboured AS
    (
        SELECT o.actor AS actor, o.ms AS ms, o.key AS key, t.number AS number,
            ms - lagInFrame(ms, 1, ms - {machine_gap_ms:Int64}) OVER
            (
                PARTITION BY actor ORDER BY ms, key ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
            ) >= {machine_gap_ms:Int64} AS begins
        FROM idle AS o
        ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
            ON o.target = t.target AND o.ms >= t.from_ms
    ),
    numbered AS
    (
        SELECT actor, ms, number,
            sum(begins) OVER
            (
                PARTITION BY actor ORDER BY ms, key ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS run
        FROM neighboured
    )
SELECT true, actor, min(ms), max(ms) + 1
FROM numbered
GROUP BY actor, run
HAVING uniqExactIf(number, number != 0) > {machine_run:UInt32}
