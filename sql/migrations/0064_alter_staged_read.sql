-- Which source saw a read: where several watch a write-up, one of them counts on each day.
ALTER TABLE staged_read ADD COLUMN IF NOT EXISTS source LowCardinality(String)
