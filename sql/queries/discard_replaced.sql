-- Removes from {replaced:Identifier} what one import replaced, and what it wrote itself that a later one
-- replaced: that must not come back. {import:UInt64} Store::undo_import.
ALTER TABLE {replaced:Identifier} DELETE
WHERE import = {import:UInt64}
    OR (key, version) IN (SELECT key, version FROM imported_event WHERE import = {import:UInt64})
