-- Since when (UTC ms) a target is that write-up's. The rows of a target cover all of time: what lies
-- before the first that names a write-up, or between two, is 0. Nearly every target has one row.
ALTER TABLE registry_target
    ADD COLUMN IF NOT EXISTS from_ms Int64 DEFAULT toInt64('-9223372036854775808')
