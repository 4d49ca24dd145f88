-- Imports of files: a run that did not finish is taken up again, a finished one that is repeated
-- is a redelivery.
CREATE TABLE import_run
(
    file UInt128,
    run UInt32,
    finished Bool
)
ENGINE = ReplacingMergeTree(finished)
ORDER BY (file, run)
SETTINGS fsync_after_insert = 1
