-- Forgets an import: nothing of it can be taken back any more. {import:UInt64} Store::undo_import.
ALTER TABLE imported_event DELETE WHERE import = {import:UInt64}
