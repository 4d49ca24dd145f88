-- Which source counted. Label 9: another source saw the same day better.
ALTER TABLE derived_count ADD COLUMN IF NOT EXISTS source LowCardinality(String)
