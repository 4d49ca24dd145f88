-- The reader's team as the event itself says it; empty: the roster's holds.
ALTER TABLE staged_read ADD COLUMN IF NOT EXISTS team LowCardinality(String)
