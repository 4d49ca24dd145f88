-- The list of write-ups. Only of the last report: what changes about one write-up from a day to the next
-- is what single people did.
CREATE TABLE published_writeup_row
(
    day Date,
    generation UInt64,
    as_of DateTime64(3, 'UTC'),
    id String,
    title String,
    url Nullable(String),
    published_at Nullable(DateTime64(3, 'UTC')),
    owner_team Nullable(String),
    template Nullable(String),
    age_days Nullable(Int64),
    words Nullable(Int64),
    reads Nullable(Int64),
    readers Nullable(Int64),
    late_reads Nullable(Int64),
    late_readers Nullable(Int64),
    readers_trailing Nullable(Int64),
    still_read Nullable(Bool),
    last_read_week Nullable(String),
    comments Nullable(Int64),
    late_comments Nullable(Int64),
    links_live Int64,
    links_created Int64,
    suppressed Bool
)
ENGINE = MergeTree
ORDER BY (day, generation, id)
SETTINGS fsync_after_insert = 1
