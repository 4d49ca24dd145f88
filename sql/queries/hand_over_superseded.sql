-- What an import {import:UInt64} replaced, and is of an import whose place another one took, goes to that one: it stands
-- again when that is taken back. {replaced:Identifier} Store::undo_import.
INSERT INTO {replaced:Identifier}
SELECT later.by AS import, own.* EXCEPT import
FROM {replaced:Identifier} AS own
INNER JOIN
(
    SELECT DISTINCT event.key AS key, event.version AS version, gone.by AS by
    FROM imported_event AS event
    INNER JOIN superseded_import AS gone ON event.import = gone.import
    WHERE gone.by != {import:UInt64}
) AS later ON own.key = later.key AND own.version = later.version
WHERE own.import = {import:UInt64}
