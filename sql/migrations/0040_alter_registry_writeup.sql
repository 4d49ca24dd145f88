-- More of each write-up, and what it was at its publication (`first_`): as of the last that was said of
-- it within 14 days. `merged_into` is the number of the write-up that it counts for, 0 for itself;
-- `spans` are names with the instants (UTC ms) between which they are its own.
ALTER TABLE registry_writeup
    ADD COLUMN IF NOT EXISTS reviewers Array(UInt32),
    ADD COLUMN IF NOT EXISTS facilitators Array(UInt32),
    ADD COLUMN IF NOT EXISTS contributor_teams Array(String),
    ADD COLUMN IF NOT EXISTS diagrams Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS hyperlinks Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS acronyms Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS acronyms_unexplained Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS data_sources Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS quotations Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS first_words Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS first_diagrams Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS first_hyperlinks Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS first_acronyms Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS first_acronyms_unexplained Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS first_data_sources Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS first_quotations Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS first_contributors Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS first_contributor_teams Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS surprised Nullable(Bool),
    ADD COLUMN IF NOT EXISTS difficult Nullable(Bool),
    ADD COLUMN IF NOT EXISTS unclear Nullable(Bool),
    ADD COLUMN IF NOT EXISTS several_accounts Nullable(Bool),
    ADD COLUMN IF NOT EXISTS merged_into UInt32,
    ADD COLUMN IF NOT EXISTS spans Array(Tuple(String, Int64, Int64))
