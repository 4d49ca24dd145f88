-- Which counter a figure is of (a source and what it calls the page), and how many different people it
-- counted. Raised with the version of the derive code, so every row is made again.
ALTER TABLE derived_count
    ADD COLUMN IF NOT EXISTS counter UInt64,
    ADD COLUMN IF NOT EXISTS uniques Nullable(UInt64)
