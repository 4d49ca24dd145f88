-- Every name under which a write-up is spoken of, as of one generation of the registry.
CREATE TABLE registry_target
(
    generation UInt32,
    target String,
    number UInt32
)
ENGINE = MergeTree
ORDER BY (generation, target)
