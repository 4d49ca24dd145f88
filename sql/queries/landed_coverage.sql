-- What sources said of when they were watching. Store::coverage.
SELECT key, version, at, source, kind, scope, from_at, to_at
FROM landing_coverage FINAL
ORDER BY kind, scope, from_at, key
