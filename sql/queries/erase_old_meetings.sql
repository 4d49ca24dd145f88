-- Removes events that happened before {before:Int64}, with all their versions: an earlier one must not come
-- back. Store::erase_older.
ALTER TABLE landing_meeting DELETE
WHERE key IN (SELECT key FROM landing_meeting FINAL WHERE toUnixTimestamp64Milli(at) < {before:Int64})
