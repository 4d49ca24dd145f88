-- Removes from {replaced:Identifier} what an import wrote itself and a later one replaced: it must not come
-- back. {import:UInt64} Store::undo_import.
ALTER TABLE {replaced:Identifier} DELETE
WHERE import != {import:UInt64}
    AND (key, version) IN (SELECT key, version FROM imported_event WHERE import = {import:UInt64})
