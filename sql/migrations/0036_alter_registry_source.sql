-- The last event, UTC ms: where it lies at or after an `as_of`, the sums hold what was not known then.
ALTER TABLE registry_source ADD COLUMN IF NOT EXISTS last_at Int64
