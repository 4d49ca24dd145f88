-- Links one by one, the newest first: writeup, place, part, form, stands_in, at, ended_at. Of
-- {writeup:UInt32} (0: all), {place:String} and {part:String} (empty: all), {state:UInt8} (0 all,
-- 1 standing, 2 ended), at most {most:UInt64}. {as_of:Int64} {registry:UInt32}
-- {index_writeups:UInt64} {index_team_share:Float64} {index_team_least:UInt64} {follow_up_ms:Int64}. Store::list_links.
WITH
    least(ifNull(removed_ms, {as_of:Int64}), ifNull(target_deleted_ms, {as_of:Int64})) AS ended,
    ended < {as_of:Int64} AS has_ended
SELECT
    writeup,
    toString(place) AS place,
    part,
    toString(form) AS form,
    stands_in,
    ms AS at,
    if(has_ended, ended, NULL) AS ended_at,
    toBool(ifNull(removed_ms < {as_of:Int64}, false)) AS removed
FROM played_link(registry = {registry:UInt32}, as_of = {as_of:Int64},
    index_writeups = {index_writeups:UInt64}, index_team_share = {index_team_share:Float64},
    index_team_least = {index_team_least:UInt64}, follow_up_ms = {follow_up_ms:Int64})
WHERE NOT own
  AND ({writeup:UInt32} = 0 OR writeup = {writeup:UInt32})
  AND ({place:String} = '' OR place = {place:String})
  AND ({part:String} = '' OR part = {part:String})
  AND ({state:UInt8} = 0 OR ({state:UInt8} = 2) = has_ended)
ORDER BY ms DESC, writeup, place, stands_in, key
LIMIT {most:UInt64}
