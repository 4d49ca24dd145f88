-- Removes rows that a later generation replaced. Store::sweep.
DELETE FROM derived_count
WHERE (writeup, generation) NOT IN (SELECT writeup, generation FROM derived_state FINAL)
