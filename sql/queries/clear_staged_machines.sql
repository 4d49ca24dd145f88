-- Empties the table of stretches in which somebody reads like a program. Store::clear_stage.
TRUNCATE TABLE staged_machine
