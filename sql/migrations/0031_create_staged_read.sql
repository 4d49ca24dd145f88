-- Reads of one run of the derive job between landing and `derived_read`: one row an id, resolved and
-- labelled, in the order in which double clicks are found. Sorting happens here, on disk and piece by
-- piece, so that the job needs the same memory whatever its size. Empty between runs. An actor is a
-- person's number, or else a session; 0 takes no part in double clicks.
CREATE TABLE staged_read
(
    writeup UInt32,
    actor UInt64,
    ms Int64 CODEC(Delta, LZ4),
    key UInt64,
    person UInt32,
    session UInt64,
    engaged_ms Nullable(UInt32),
    scroll_milli Nullable(UInt16),
    assigned Bool,
    agent Bool,
    label UInt8,
    age_day Int32
)
ENGINE = MergeTree
ORDER BY (writeup, actor, ms, key)
