-- Imports whose place a later one took, as long as that stands: until then they can't be taken back. jobs::undo.
CREATE TABLE IF NOT EXISTS superseded_import
(
    import UInt64,
    by UInt64
)
ENGINE = MergeTree
ORDER BY (import, by)
SETTINGS fsync_after_insert = 1
