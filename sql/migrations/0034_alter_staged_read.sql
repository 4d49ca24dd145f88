-- Whose run staged a read: what a killed run still had under way is not another's.
ALTER TABLE staged_read ADD COLUMN IF NOT EXISTS generation UInt32 AFTER age_day
