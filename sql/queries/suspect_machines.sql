-- Hours in which somebody may have read as only programs do: with more than half as many reads as
-- {machine_writeups:UInt32}, or without engaged time as {machine_run:UInt32}, since sixty minutes and a run may
-- cross the hour. Robots and agents that are known as such are left out. {registry:UInt32}.
-- Readers and hours are many: they may go to the disk. Store::find_machines.
INSERT INTO staged_machine (found, actor, from_ms, to_ms)
SELECT false, if(p.number != 0, toUInt64(p.number), r.session) AS actor, r.hour * 3600000 AS since, since + 3600000
FROM
(
    SELECT person, session, intDiv(toUnixTimestamp64Milli(at), 3600000) AS hour, engaged_ms
    FROM landing_read FINAL
    WHERE NOT bot AND agent = '' AND (person != 0 OR session != 0)
) AS r
ANY LEFT JOIN
(
    SELECT pseudonym, number, kind FROM registry_person WHERE generation = {registry:UInt32}
) AS p ON r.person = p.pseudonym
WHERE p.kind NOT IN ('bot', 'room', 'service', 'excluded')
GROUP BY actor, since
HAVING actor != 0
   AND (count() > intDiv({machine_writeups:UInt32}, 2) OR countIf(r.engaged_ms = 0) > intDiv({machine_run:UInt32}, 2))
SETTINGS max_bytes_before_external_group_by = 536870912
