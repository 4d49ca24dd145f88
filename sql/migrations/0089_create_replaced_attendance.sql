-- Rows of landing_attendance as they were before an import wrote others under their keys.
CREATE TABLE replaced_attendance
(
    import UInt64,
    key UInt64,
    version UInt64,
    at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    target LowCardinality(String),
    canonical LowCardinality(String),
    meeting UInt64,
    person UInt128,
    team LowCardinality(String),
    role LowCardinality(String),
    partstat LowCardinality(String),
    role_stated Bool,
    via LowCardinality(String),
    meeting_ms Nullable(UInt64),
    attended Nullable(Bool),
    present_ms Nullable(UInt64),
    spoke_ms Nullable(UInt64),
    mandatory Bool
)
ENGINE = MergeTree
ORDER BY (import, key)
SETTINGS fsync_after_insert = 1
