-- Tells what has landed about write-ups from what had before: columns rows, keys, versions.
-- Store::writeups_print. Merges of parts may change it, too; then the same is read once more.
SELECT count() AS rows, groupBitXor(key) AS keys, sum(version) AS versions
FROM landing_writeup
