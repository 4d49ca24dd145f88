-- Events in {table:Identifier} that happened before {before:Int64}. Store::older.
SELECT count()
FROM {table:Identifier} FINAL
WHERE toUnixTimestamp64Milli(at) < {before:Int64}
