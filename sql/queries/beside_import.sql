-- import, events: of other imports how many events stand that tell of people at meetings of which an import tells,
-- too, and that it did not write anew. {import:UInt64} Store::beside_import.
SELECT import, count() AS events
FROM imported_event
WHERE import != {import:UInt64}
    AND meeting IN (SELECT meeting FROM imported_event WHERE import = {import:UInt64})
    AND (key, version) NOT IN (SELECT key, version FROM imported_event WHERE import = {import:UInt64})
    AND (key, version) IN (SELECT key, version FROM landing_attendance FINAL)
GROUP BY import
ORDER BY import
