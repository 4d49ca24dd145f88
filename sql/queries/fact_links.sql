-- Facts::links. {as_of:Int64} {registry:UInt32}
WITH least(ifNull(removed_ms, {as_of:Int64}), ifNull(target_deleted_ms, {as_of:Int64})) AS ended
SELECT
    writeup,
    place,
    ms AS at,
    if(ended < {as_of:Int64}, ended, NULL) AS ended_at,
    ended < {as_of:Int64} AS removed,
    nullIf(role, '') AS role,
    own
FROM resolved_link(registry = {registry:UInt32})
WHERE label = 0 AND ms < {as_of:Int64}
ORDER BY writeup, at, place, ended_at
