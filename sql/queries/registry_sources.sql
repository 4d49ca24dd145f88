-- kind, source, writeup, first_at, last_at, events, named of generation {registry:UInt32}. Store::observed.
SELECT kind, source, writeup, first_at, last_at, events, named
FROM registry_source
WHERE generation = {registry:UInt32}
ORDER BY kind, source, writeup
