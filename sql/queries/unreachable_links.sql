-- Links that stand in commits that their branch no longer leads to: writeup, links; those on the page of a restricted
-- write-up left out. {as_of:Int64} {registry:UInt32}. Store::unreachable_links.
SELECT writeup, count() AS links
FROM resolved_link(registry = {registry:UInt32})
WHERE label = 8 AND NOT own AND ms < {as_of:Int64} AND ifNull(removed_ms >= {as_of:Int64}, true)
  AND stands_on NOT IN
    (SELECT number FROM registry_writeup WHERE generation = {registry:UInt32} AND restricted)
GROUP BY writeup
ORDER BY writeup
