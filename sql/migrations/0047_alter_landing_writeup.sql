-- Whether a description speaks of assigned reading, and what: from, to (UTC ms), team (or empty),
-- newcomers only.
ALTER TABLE landing_writeup
    ADD COLUMN IF NOT EXISTS assigns Bool,
    ADD COLUMN IF NOT EXISTS assignments Array(Tuple(Int64, Int64, String, Bool))
