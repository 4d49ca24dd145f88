-- The same of what imports replaced; the columns stand in the order of landing_attendance.
ALTER TABLE replaced_attendance
    ADD COLUMN IF NOT EXISTS opening UInt64,
    ADD COLUMN IF NOT EXISTS device UInt64,
    ADD COLUMN IF NOT EXISTS account UInt64,
    ADD COLUMN IF NOT EXISTS attendee UInt64,
    ADD COLUMN IF NOT EXISTS joined_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS left_at Nullable(DateTime64(3, 'UTC'))
