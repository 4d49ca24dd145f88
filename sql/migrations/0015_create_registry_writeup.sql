-- What each write-up is, as of one generation of the registry. Instants are UTC ms; null is not said.
CREATE TABLE registry_writeup
(
    generation UInt32,
    number UInt32,
    id String,
    names Array(String),
    title Nullable(String),
    url Nullable(String),
    published_at Nullable(Int64),
    deleted_at Nullable(Int64),
    owner_team Nullable(String),
    contributors Array(UInt32),
    responders Array(UInt32),
    words Nullable(UInt32),
    template Nullable(String),
    tags Array(String),
    restricted Bool
)
ENGINE = MergeTree
ORDER BY (generation, number)
