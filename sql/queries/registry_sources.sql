-- kind, source, writeup, first_at, events of generation {registry:UInt32}. Store::observed.
SELECT kind, source, writeup, first_at, events
FROM registry_source
WHERE generation = {registry:UInt32}
ORDER BY kind, source, writeup
