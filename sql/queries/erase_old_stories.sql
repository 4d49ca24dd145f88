-- Removes events that happened before {before:Int64}, with all their versions: an earlier one must not come
-- back. Store::erase_older.
ALTER TABLE landing_story DELETE
WHERE key IN (SELECT key FROM landing_story FINAL WHERE toUnixTimestamp64Milli(at) < {before:Int64})
