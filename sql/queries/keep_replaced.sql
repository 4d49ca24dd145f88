-- Keeps in {replaced:Identifier} what an import is about to replace in {landing:Identifier}. {import:UInt64}
-- Store::note_import.
INSERT INTO {replaced:Identifier}
SELECT {import:UInt64} AS import, *
FROM {landing:Identifier} FINAL
WHERE key IN (SELECT key FROM imported_event WHERE import = {import:UInt64} AND landing = {landing:String})
    AND key NOT IN (SELECT key FROM {replaced:Identifier} WHERE import = {import:UInt64})
