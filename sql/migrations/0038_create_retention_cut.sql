-- Until when events of a kind were taken away because they were old; the greatest holds. Nobody is taken
-- to have watched before.
CREATE TABLE retention_cut
(
    kind LowCardinality(String),
    before Int64
)
ENGINE = MergeTree
ORDER BY kind
