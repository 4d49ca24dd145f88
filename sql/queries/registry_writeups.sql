-- The write-ups of generation {registry:UInt32}, by id. Store::registry_writeups.
SELECT generation, number, id, names, title, url, published_at, deleted_at, owner_team, contributors,
    responders, words, template, tags, restricted
FROM registry_writeup
WHERE generation = {registry:UInt32}
ORDER BY id
