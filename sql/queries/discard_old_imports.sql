-- Forgets imports before {before:Int64}, and those of {source:String}. Store::forget_imports.
ALTER TABLE imported_event DELETE
WHERE toUnixTimestamp64Milli(imported_at) < {before:Int64} OR source = {source:String}
