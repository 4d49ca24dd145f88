-- Assigned reads have rows of their own, so that a day can be asked with and without them.
ALTER TABLE derived_read_day ADD COLUMN IF NOT EXISTS assigned Bool CODEC(ZSTD(1))
