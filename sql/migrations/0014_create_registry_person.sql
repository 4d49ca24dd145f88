-- Which pseudonym is which person, as of one generation of the registry.
CREATE TABLE registry_person
(
    generation UInt32,
    pseudonym UInt128,
    number UInt32,
    team LowCardinality(String),
    kind LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY (generation, pseudonym)
