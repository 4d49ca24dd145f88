-- Brings back to {landing:Identifier} what an import {import:UInt64} had replaced, from {replaced:Identifier}: not what is
-- of imports whose place another one took, unless that is {spare:UInt64}. Store::undo_import, Store::supersede_import.
INSERT INTO {landing:Identifier}
SELECT * EXCEPT import
FROM {replaced:Identifier}
WHERE import = {import:UInt64}
    AND (key, version) NOT IN
    (
        SELECT key, version
        FROM imported_event
        WHERE import IN (SELECT import FROM superseded_import WHERE by != {spare:UInt64})
    )
