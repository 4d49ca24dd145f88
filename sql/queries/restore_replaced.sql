-- Brings back to {landing:Identifier} what an import had replaced, from {replaced:Identifier}. {import:UInt64}
-- Store::undo_import.
INSERT INTO {landing:Identifier}
SELECT * EXCEPT import
FROM {replaced:Identifier}
WHERE import = {import:UInt64}
