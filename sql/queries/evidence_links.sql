-- Where links stand: writeup, place, stands_in, at, ended_at; the newest {most:UInt64} of each
-- write-up, those on the page of a restricted write-up left out. {as_of:Int64} {registry:UInt32}. Store::link_evidence.
WITH least(ifNull(removed_ms, {as_of:Int64}), ifNull(target_deleted_ms, {as_of:Int64})) AS ended
SELECT
    writeup,
    place,
    stands_in,
    ms AS at,
    if(ended < {as_of:Int64}, ended, NULL) AS ended_at
FROM resolved_link(registry = {registry:UInt32})
WHERE label = 0 AND ms < {as_of:Int64} AND NOT own AND role NOT IN ('index', 'template')
  AND stands_on NOT IN
    (SELECT number FROM registry_writeup WHERE generation = {registry:UInt32} AND restricted)
ORDER BY writeup, ended_at IS NULL DESC, at DESC, stands_in, place
LIMIT {most:UInt64} BY writeup
