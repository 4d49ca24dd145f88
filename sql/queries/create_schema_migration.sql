-- Which migrations were applied, and what they held. Migrate::migrate.
CREATE TABLE IF NOT EXISTS schema_migration
(
    number UInt32,
    name String,
    checksum UInt64
)
ENGINE = MergeTree
ORDER BY number
