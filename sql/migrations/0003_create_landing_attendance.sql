-- Invitations and presences as they came. The meeting is a keyed hash: calendar ids can hold names.
CREATE TABLE landing_attendance
(
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
ENGINE = ReplacingMergeTree(version)
ORDER BY key
SETTINGS fsync_after_insert = 1
