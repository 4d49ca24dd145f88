-- Removes rows that a later generation replaced. Store::sweep.
DELETE FROM derived_reader_cell
WHERE (writeup, generation) NOT IN (SELECT writeup, generation FROM derived_state FINAL)
