-- import, imported_at, reader, source, events, meetings, first_at, last_at, hashes, standing, superseded_by: imports
-- that are remembered, the newest first; with the hashes of a hundred of their meetings, and the import that took the
-- place of one, else 0. Store::imports.
SELECT
    import,
    toUnixTimestamp64Milli(min(imported_at)) AS imported_at,
    toString(any(reader)) AS reader,
    toString(any(source)) AS source,
    count() AS events,
    uniqExact(meeting) AS meetings,
    toUnixTimestamp64Milli(min(at)) AS first_at,
    toUnixTimestamp64Milli(max(at)) AS last_at,
    groupUniqArray(100)(meeting) AS hashes,
    countIf((key, version) IN
    (
        SELECT key, version FROM landing_attendance FINAL
        UNION ALL
        SELECT key, version FROM landing_meeting FINAL
    )) AS standing,
    any(superseded_by) AS superseded_by
FROM imported_event
LEFT JOIN
(
    SELECT import, max(by) AS superseded_by
    FROM superseded_import
    WHERE by IN (SELECT import FROM imported_event)
    GROUP BY import
) AS later USING (import)
GROUP BY import
ORDER BY imported_at DESC, import
