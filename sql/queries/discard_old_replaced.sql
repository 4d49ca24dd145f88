-- Removes from {replaced:Identifier} what imports replaced that are forgotten, what happened before
-- {before:Int64}, and what is of {source:String}. Store::undo_import, Store::forget_imports, Store::erase_older.
ALTER TABLE {replaced:Identifier} DELETE
WHERE import NOT IN (SELECT import FROM imported_event)
    OR toUnixTimestamp64Milli(at) < {before:Int64}
    OR source = {source:String}
