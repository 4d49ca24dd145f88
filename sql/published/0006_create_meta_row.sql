-- Reports that stand as a whole: a report's row here comes last, and only then is it seen. `fingerprint`
-- tells whether two reports say the same.
CREATE TABLE published_meta_row
(
    day Date,
    generation UInt64,
    as_of DateTime64(3, 'UTC'),
    schema String,
    k UInt32,
    organisation String,
    timezone String,
    simulated Bool,
    fingerprint String
)
ENGINE = MergeTree
ORDER BY (day, generation)
SETTINGS fsync_after_insert = 1
