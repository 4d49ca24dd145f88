-- Facts::links. A link ends when it is removed; its target's deletion ends the watching, not the
-- link (INDICATORS section 1, "Deleted write-up": censoring). in_restricted: on a restricted write-up's page. {as_of:Int64} {registry:UInt32}
WITH least(ifNull(target_deleted_ms, {as_of:Int64}), {as_of:Int64}) AS watched_until
SELECT
    writeup,
    place,
    ms AS at,
    multiIf(
        removed_ms < watched_until, removed_ms,
        watched_until < {as_of:Int64}, watched_until,
        NULL) AS ended_at,
    toBool(ifNull(removed_ms < watched_until, false)) AS removed,
    nullIf(role, '') AS role,
    toBool(own) AS own,
    toBool(stands_on IN
        (SELECT number FROM registry_writeup WHERE generation = {registry:UInt32} AND restricted))
        AS in_restricted
FROM resolved_link(registry = {registry:UInt32})
WHERE label = 0 AND ms < {as_of:Int64}
ORDER BY writeup, at, place, ended_at
