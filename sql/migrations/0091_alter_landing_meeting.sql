-- How many watched a meeting's recording afterwards.
ALTER TABLE landing_meeting ADD COLUMN IF NOT EXISTS watched Nullable(UInt32)
