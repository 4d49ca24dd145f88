-- What sources said of when they were watching, without what retention took away. Store::coverage.
SELECT l.key AS key, l.version AS version, l.at AS at, l.source AS source, l.kind AS kind, l.scope AS scope,
    greatest(l.from_at, fromUnixTimestamp64Milli(c.before, 'UTC')) AS from_at, l.to_at AS to_at
FROM (SELECT * FROM landing_coverage FINAL) AS l
LEFT JOIN (SELECT kind, max(before) AS before FROM retention_cut GROUP BY kind) AS c ON l.kind = c.kind
WHERE l.to_at IS NULL OR l.to_at > fromUnixTimestamp64Milli(c.before, 'UTC')
ORDER BY kind, scope, from_at, key
