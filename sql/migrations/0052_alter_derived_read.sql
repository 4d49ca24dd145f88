-- As in `staged_read`. `assigned` is now the event's own word or an assignment of its write-up, and
-- label 6 is somebody excluded.
ALTER TABLE derived_read ADD COLUMN IF NOT EXISTS team LowCardinality(String) CODEC(ZSTD(1))
