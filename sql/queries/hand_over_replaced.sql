-- What an import replaced goes to whichever replaced its own rows: it stands below those then. {import:UInt64}
-- {replaced:Identifier} Store::undo_import.
INSERT INTO {replaced:Identifier}
SELECT later.import AS import, own.* EXCEPT import
FROM {replaced:Identifier} AS own
INNER JOIN
(
    SELECT import, key
    FROM {replaced:Identifier}
    WHERE import != {import:UInt64}
        AND (key, version) IN (SELECT key, version FROM imported_event WHERE import = {import:UInt64})
) AS later ON own.key = later.key
WHERE own.import = {import:UInt64}
