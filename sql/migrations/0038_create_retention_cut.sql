-- Until when events of a kind were taken away because they were old; the greatest holds. Nobody is taken
-- to have watched before. And how many went: they were received, and are there no more.
CREATE TABLE retention_cut
(
    kind LowCardinality(String),
    before Int64,
    events UInt64
)
ENGINE = MergeTree
ORDER BY kind
