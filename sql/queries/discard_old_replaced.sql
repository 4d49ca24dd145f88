-- Removes from {replaced:Identifier} what imports replaced that are forgotten, and what happened before
-- {before:Int64}. Store::forget_imports, Store::erase_older.
ALTER TABLE {replaced:Identifier} DELETE
WHERE import NOT IN (SELECT import FROM imported_event) OR toUnixTimestamp64Milli(at) < {before:Int64}
