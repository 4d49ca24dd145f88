-- As in `registry_target`.
ALTER TABLE staged_read ADD COLUMN IF NOT EXISTS page UInt32
