-- How many rooms and telephones were at a meeting: behind each may have been people whom nobody names.
ALTER TABLE landing_meeting ADD COLUMN IF NOT EXISTS rooms Nullable(UInt32)
