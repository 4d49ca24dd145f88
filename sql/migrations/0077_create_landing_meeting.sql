-- What is known of meetings beside their attendees, as it came. The meeting is the same keyed hash as in
-- landing_attendance; null, or an empty form, is not said.
CREATE TABLE landing_meeting
(
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
ENGINE = ReplacingMergeTree(version)
ORDER BY key
SETTINGS fsync_after_insert = 1
