-- The same of what imports replaced; the columns stand in the order of landing_meeting.
ALTER TABLE replaced_meeting
    ADD COLUMN IF NOT EXISTS venue UInt64,
    ADD COLUMN IF NOT EXISTS venue_planned Bool
