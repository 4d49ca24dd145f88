-- Links that stand and whose target is gone: writeup, target, place, stands_in, at, gone_at (its
-- deletion; null where no write-up has the target), in_restricted. {as_of:Int64} {registry:UInt32}. Store::gone_links.
SELECT
    writeup,
    if(writeup = 0, target, '') AS target,
    place,
    stands_in,
    ms AS at,
    target_deleted_ms AS gone_at,
    toBool(stands_on IN
        (SELECT number FROM registry_writeup WHERE generation = {registry:UInt32} AND restricted))
        AS in_restricted
FROM resolved_link(registry = {registry:UInt32})
WHERE NOT is_robot AND NOT is_excluded AND stated_label = '' AND ms < {as_of:Int64} AND NOT own
  AND label != 12
  AND ifNull(removed_ms >= {as_of:Int64}, true)
  AND role NOT IN ('index', 'template')
  AND (writeup = 0 OR ifNull(target_deleted_ms < {as_of:Int64}, false))
ORDER BY writeup, target, at DESC, place, stands_in, key
