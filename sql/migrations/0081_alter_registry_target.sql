-- The write-up that the target's page was before it was merged into `number`; else the same: of each page
-- one source counts on a day.
ALTER TABLE registry_target ADD COLUMN IF NOT EXISTS page UInt32 DEFAULT number
