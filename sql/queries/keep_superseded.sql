-- Keeps for an import {by:UInt64}, in {replaced:Identifier}, the rows of an earlier one {import:UInt64} that it takes
-- the place of and does not write over itself. Store::supersede_import.
INSERT INTO {replaced:Identifier}
SELECT {by:UInt64} AS import, *
FROM {landing:Identifier} FINAL
WHERE (key, version) IN (SELECT key, version FROM imported_event WHERE import = {import:UInt64})
    AND key NOT IN (SELECT key FROM {replaced:Identifier} WHERE import = {by:UInt64})
    AND key NOT IN (SELECT key FROM imported_event WHERE import = {by:UInt64})
