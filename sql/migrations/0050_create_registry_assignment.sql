-- Reading that is assigned, as of one generation of the registry: of a write-up in [from_at, to_at),
-- UTC ms, to a team, to newcomers, or (neither) to everybody.
CREATE TABLE registry_assignment
(
    generation UInt32,
    writeup UInt32,
    from_at Int64,
    to_at Int64,
    team LowCardinality(String),
    newcomers Bool
)
ENGINE = MergeTree
ORDER BY (generation, writeup, from_at)
