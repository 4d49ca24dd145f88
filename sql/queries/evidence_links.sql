-- Where links stand: writeup, place, part, form, stands_in, at, ended_at; the newest {most:UInt64} of
-- each write-up, those on the page of a restricted write-up left out. {as_of:Int64} {registry:UInt32}
-- {index_writeups:UInt64} {index_team_share:Float64} {index_team_least:UInt64} {follow_up_ms:Int64}. Store::link_evidence.
WITH least(ifNull(removed_ms, {as_of:Int64}), ifNull(target_deleted_ms, {as_of:Int64})) AS ended
SELECT
    writeup,
    place,
    part,
    nullIf(form, '') AS form,
    stands_in,
    ms AS at,
    if(ended < {as_of:Int64}, ended, NULL) AS ended_at
FROM played_link(registry = {registry:UInt32}, as_of = {as_of:Int64},
    index_writeups = {index_writeups:UInt64}, index_team_share = {index_team_share:Float64},
    index_team_least = {index_team_least:UInt64}, follow_up_ms = {follow_up_ms:Int64})
WHERE NOT own AND role NOT IN ('index', 'template')
  AND stands_on NOT IN
    (SELECT number FROM registry_writeup WHERE generation = {registry:UInt32} AND restricted)
ORDER BY writeup, ended_at IS NULL DESC, at DESC, stands_in, place, key
LIMIT {most:UInt64} BY writeup
