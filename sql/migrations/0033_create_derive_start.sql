-- Generations that runs of the derive job have begun, finished or not: none is taken twice, so that
-- what a killed run still had under way in the engine never counts among another run's rows.
CREATE TABLE derive_start
(
    generation UInt32
)
ENGINE = MergeTree
ORDER BY generation
