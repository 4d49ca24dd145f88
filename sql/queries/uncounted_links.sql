-- Links that do not count, each with its reason, the newest first: writeup, reason, of_reason (all of that
-- reason), place, form, stands_in, at, ended_at, removed; at most {most:UInt64} of each reason. Of
-- {writeup:UInt32} (0: all), {place:String} and {reason:String} (empty: all), {state:UInt8} (0 all, 1 standing,
-- 2 ended). Links of people who are left out are told nowhere, and what was taken back never was. {as_of:Int64} {registry:UInt32}
-- {index_writeups:UInt64} {index_team_share:Float64} {index_team_least:UInt64} {follow_up_ms:Int64}. Store::uncounted_links.
WITH
    resolved AS
    (
        SELECT
            key, writeup, place, form, stands_in, ms, removed_ms, target_deleted_ms,
            multiIf(
                label = 2, 'after_deletion',
                label = 3, 'robot',
                label = 8, 'unreachable',
                label = 7, stated_label,
                label = 12, 'doubled',
                'own') AS reason
        FROM resolved_link(registry = {registry:UInt32})
        WHERE writeup != 0 AND NOT is_excluded AND stands_in != '' AND (label != 0 OR own)
          AND ms < {as_of:Int64} AND ifNull(removed_ms >= ms, true)
    ),
    played AS
    (
        SELECT key, writeup, place, form, stands_in, ms, removed_ms, target_deleted_ms, part AS reason
        FROM played_link(registry = {registry:UInt32}, as_of = {as_of:Int64},
            index_writeups = {index_writeups:UInt64}, index_team_share = {index_team_share:Float64},
            index_team_least = {index_team_least:UInt64}, follow_up_ms = {follow_up_ms:Int64})
        WHERE NOT own AND part IN ('index', 'template')
    ),
    least(ifNull(removed_ms, {as_of:Int64}), ifNull(target_deleted_ms, {as_of:Int64})) AS ended,
    -- What was made after the deletion stands until it is removed.
    if(reason = 'after_deletion', ifNull(removed_ms, {as_of:Int64}), ended) AS until_ms,
    until_ms < {as_of:Int64} AS has_ended
SELECT
    writeup,
    reason,
    count() OVER (PARTITION BY reason) AS of_reason,
    toString(place) AS place,
    toString(form) AS form,
    stands_in,
    ms AS at,
    if(has_ended, until_ms, NULL) AS ended_at,
    toBool(ifNull(removed_ms < {as_of:Int64}, false)) AS removed
FROM (SELECT * FROM resolved UNION ALL SELECT * FROM played)
WHERE ({writeup:UInt32} = 0 OR writeup = {writeup:UInt32})
  AND ({place:String} = '' OR place = {place:String})
  AND ({reason:String} = '' OR reason = {reason:String})
  AND ({state:UInt8} = 0 OR ({state:UInt8} = 2) = has_ended)
ORDER BY at DESC, writeup, place, stands_in, key
LIMIT {most:UInt64} BY reason
