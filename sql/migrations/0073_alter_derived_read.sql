-- As in `staged_read`; of a double click the first one's, since later ones come from the page itself.
ALTER TABLE derived_read ADD COLUMN IF NOT EXISTS arrival LowCardinality(String) CODEC(ZSTD(1))
