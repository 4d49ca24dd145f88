-- Who was in which team when, as of one generation of the registry: [from_at, to_at), UTC ms; times
-- of one person do not overlap.
CREATE TABLE registry_team
(
    generation UInt32,
    number UInt32,
    from_at Int64,
    to_at Int64,
    team LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY (generation, number, from_at)
