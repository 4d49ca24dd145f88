-- How many watched a meeting's recording afterwards.
ALTER TABLE landing_meeting ADD COLUMN watched Nullable(UInt32)
