-- What kind of place the reader came from; empty: the source does not tell.
ALTER TABLE staged_read ADD COLUMN IF NOT EXISTS arrival LowCardinality(String)
