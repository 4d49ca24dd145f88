-- Facts::links. A link ends when it is removed; its target's deletion ends the watching, not the
-- link (INDICATORS section 1, "Deleted write-up": censoring). in_restricted: on a restricted write-up's page. {as_of:Int64} {registry:UInt32}
-- {index_writeups:UInt64} {index_team_share:Float64} {index_team_least:UInt64} {follow_up_ms:Int64}
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
    part,
    nullIf(form, '') AS form,
    stands_on,
    toBool(own) AS own,
    toBool(stands_on IN
        (SELECT number FROM registry_writeup WHERE generation = {registry:UInt32} AND restricted))
        AS in_restricted
FROM played_link(registry = {registry:UInt32}, as_of = {as_of:Int64},
    index_writeups = {index_writeups:UInt64}, index_team_share = {index_team_share:Float64},
    index_team_least = {index_team_least:UInt64}, follow_up_ms = {follow_up_ms:Int64})
ORDER BY writeup, at, place, ended_at, part, form, stands_on
