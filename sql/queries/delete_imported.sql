-- Removes from {landing:Identifier} what an import wrote, unless another import wrote the very same and stands: one
-- whose place a later one took keeps nothing.
-- {import:UInt64} Store::undo_import.
ALTER TABLE {landing:Identifier} DELETE
WHERE (key, version) IN (SELECT key, version FROM imported_event WHERE import = {import:UInt64})
    AND (key, version) NOT IN
    (
        SELECT key, version
        FROM imported_event
        WHERE import != {import:UInt64}
            AND import NOT IN (SELECT import FROM superseded_import)
    )
