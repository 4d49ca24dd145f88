-- Where a meeting is held by video, as a keyed hash, 0 where nobody says it; and whether a calendar says so, which
-- plans it, or the tool that it was held with.
ALTER TABLE landing_meeting
    ADD COLUMN IF NOT EXISTS venue UInt64,
    ADD COLUMN IF NOT EXISTS venue_planned Bool
