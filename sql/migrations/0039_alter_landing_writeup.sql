-- More that is said of a write-up: roles, counts, marks set by hand (null: nobody has said), the
-- write-up that it is part of, and names with since when and until when they are its own.
ALTER TABLE landing_writeup
    ADD COLUMN IF NOT EXISTS reviewers Array(UInt128),
    ADD COLUMN IF NOT EXISTS facilitators Array(UInt128),
    ADD COLUMN IF NOT EXISTS data_sources Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS quotations Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS surprised Nullable(Bool),
    ADD COLUMN IF NOT EXISTS difficult Nullable(Bool),
    ADD COLUMN IF NOT EXISTS unclear Nullable(Bool),
    ADD COLUMN IF NOT EXISTS several_accounts Nullable(Bool),
    ADD COLUMN IF NOT EXISTS merged_into Nullable(String),
    ADD COLUMN IF NOT EXISTS dated_aliases Array(Tuple(String, Nullable(Int64), Nullable(Int64)))
