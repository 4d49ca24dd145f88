-- Which source delivered events of a kind for which write-up (0: unknown targets), since when, and how
-- many of them name a person:
-- what observed time is made of.
CREATE TABLE registry_source
(
    generation UInt32,
    kind LowCardinality(String),
    source LowCardinality(String),
    writeup UInt32,
    first_at Int64,
    events UInt64,
    named UInt64
)
ENGINE = MergeTree
ORDER BY (generation, kind, source, writeup)
