-- Rows of landing_meeting as they were before an import wrote others under their keys.
CREATE TABLE replaced_meeting
(
    import UInt64,
    key UInt64,
    version UInt64,
    at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    target LowCardinality(String),
    canonical LowCardinality(String),
    meeting UInt64,
    spoke Nullable(UInt32),
    facilitators_spoke Nullable(UInt32),
    speaking_ms Nullable(UInt64),
    meeting_ms Nullable(UInt64),
    accounts Nullable(UInt32),
    changes Nullable(UInt32),
    form LowCardinality(String),
    open Nullable(Bool),
    mandatory Nullable(Bool)
)
ENGINE = MergeTree
ORDER BY (import, key)
SETTINGS fsync_after_insert = 1
