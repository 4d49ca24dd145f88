-- kind, source, writeup, first_at, last_at, events, named, fingerprint: what has landed for each
-- write-up from each source of what happened before {before:Int64}, by generation {registry:UInt32}
-- of the registry. Targets are few: they are resolved after the events were summed.
-- Store::fingerprints.
SELECT l.kind AS kind, toString(l.source) AS source, t.number AS writeup,
    min(l.first_ms) AS first_at, max(l.last_ms) AS last_at, sum(l.n) AS events, sum(l.people) AS named, sum(l.f) AS fingerprint
FROM
(
    SELECT 'read' AS kind, source, target, min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        countIf(person != 0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_read FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64}
    GROUP BY source, target
    UNION ALL
    SELECT 'read_count' AS kind, source, target, min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        toUInt64(0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_read_count FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64}
    GROUP BY source, target
    UNION ALL
    SELECT 'comment' AS kind, source, target, min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        countIf(person != 0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_comment FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64}
    GROUP BY source, target
    UNION ALL
    SELECT 'link' AS kind, source, target, min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        countIf(person != 0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_link FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64}
    GROUP BY source, target
    UNION ALL
    SELECT 'attendance' AS kind, source, target, min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        countIf(person != 0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_attendance FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64}
    GROUP BY source, target
    UNION ALL
    SELECT 'edit' AS kind, source, target, min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        countIf(person != 0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_edit FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64}
    GROUP BY source, target
) AS l
ANY LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
    ON l.target = t.target
GROUP BY kind, source, writeup
ORDER BY kind, source, writeup
