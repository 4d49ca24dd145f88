-- One end of a stay, where a tool tells no more at once: what came or left (0: it is the meeting that ends) in
-- which opening of the meeting, who is signed in on it, and the event as which a report tells them. All are keyed
-- hashes; 0 is none.
ALTER TABLE landing_attendance
    ADD COLUMN IF NOT EXISTS opening UInt64,
    ADD COLUMN IF NOT EXISTS device UInt64,
    ADD COLUMN IF NOT EXISTS account UInt64,
    ADD COLUMN IF NOT EXISTS attendee UInt64,
    ADD COLUMN IF NOT EXISTS joined_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS left_at Nullable(DateTime64(3, 'UTC'))
