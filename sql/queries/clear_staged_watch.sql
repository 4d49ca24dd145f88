-- Empties the table between runs. Store::clear_stage.
TRUNCATE TABLE staged_watch
