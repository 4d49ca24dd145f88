-- Runs of the derive job that changed something; the last one's generation is the registry's.
CREATE TABLE derive_run
(
    generation UInt32,
    fingerprint UInt64
)
ENGINE = MergeTree
ORDER BY generation
