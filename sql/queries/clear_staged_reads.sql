-- Empties the table between landing and derived reads. Store::clear_stage.
TRUNCATE TABLE staged_read
