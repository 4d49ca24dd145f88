-- Removes rows that a later generation replaced. Store::sweep.
DELETE FROM derived_sitting_day
WHERE (writeup, generation) NOT IN (SELECT writeup, generation FROM derived_state FINAL)
