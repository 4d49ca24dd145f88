-- The same of what imports replaced; the columns stand in the order of landing_meeting.
ALTER TABLE replaced_meeting ADD COLUMN IF NOT EXISTS rooms Nullable(UInt32)
