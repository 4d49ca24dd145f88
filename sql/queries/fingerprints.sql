-- kind, source, writeup, first_at, last_at, events, named, fingerprint: what has landed for each
-- write-up from each source of what happened before {before:Int64}, by generation {registry:UInt32}
-- of the registry. Targets are few: they are resolved after the events were summed, apart for each part
-- of time between two instants at which any target changes hands.
-- What people enter by hand (source registry) of meetings and stories is no source that could fall silent.
-- Store::fingerprints.
WITH
    (
        SELECT arraySort(groupUniqArray(from_ms))
        FROM registry_target
        WHERE generation = {registry:UInt32} AND from_ms > toInt64('-9223372036854775808')
    ) AS bounds
SELECT l.kind AS kind, toString(l.source) AS source, t.number AS writeup,
    min(l.first_ms) AS first_at, max(l.last_ms) AS last_at, sum(l.n) AS events, sum(l.people) AS named, sum(l.f) AS fingerprint
FROM
(
    SELECT 'read' AS kind, source, target,
        if(empty(bounds), 0, arrayCount(b -> b <= toUnixTimestamp64Milli(at), bounds)) AS part,
        min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        countIf(person != 0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_read FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64}
    GROUP BY source, target, part
    UNION ALL
    SELECT 'read_count' AS kind, source, target,
        if(empty(bounds), 0, arrayCount(b -> b <= toUnixTimestamp64Milli(at), bounds)) AS part,
        min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        toUInt64(0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_read_count FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64}
    GROUP BY source, target, part
    UNION ALL
    SELECT 'comment' AS kind, source, target,
        if(empty(bounds), 0, arrayCount(b -> b <= toUnixTimestamp64Milli(at), bounds)) AS part,
        min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        countIf(person != 0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_comment FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64}
    GROUP BY source, target, part
    UNION ALL
    SELECT 'link' AS kind, source, target,
        if(empty(bounds), 0, arrayCount(b -> b <= toUnixTimestamp64Milli(at), bounds)) AS part,
        min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        countIf(person != 0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_link FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64}
    GROUP BY source, target, part
    UNION ALL
    SELECT 'attendance' AS kind, source, target,
        if(empty(bounds), 0, arrayCount(b -> b <= toUnixTimestamp64Milli(at), bounds)) AS part,
        min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        countIf(person != 0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_attendance FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64}
    GROUP BY source, target, part
    UNION ALL
    SELECT 'edit' AS kind, source, target,
        if(empty(bounds), 0, arrayCount(b -> b <= toUnixTimestamp64Milli(at), bounds)) AS part,
        min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        countIf(person != 0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_edit FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64}
    GROUP BY source, target, part
    UNION ALL
    SELECT 'meeting' AS kind, source, target,
        if(empty(bounds), 0, arrayCount(b -> b <= toUnixTimestamp64Milli(at), bounds)) AS part,
        min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        toUInt64(0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_meeting FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64} AND source != 'registry'
    GROUP BY source, target, part
    UNION ALL
    SELECT 'story' AS kind, source, target,
        if(empty(bounds), 0, arrayCount(b -> b <= toUnixTimestamp64Milli(at), bounds)) AS part,
        min(toUnixTimestamp64Milli(at)) AS first_ms,
        max(toUnixTimestamp64Milli(at)) AS last_ms, count() AS n,
        toUInt64(0) AS people, sum(cityHash64(key, version)) AS f
    FROM landing_story FINAL
    WHERE toUnixTimestamp64Milli(at) < {before:Int64} AND source != 'registry'
    GROUP BY source, target, part
) AS l
ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
    ON l.target = t.target AND l.first_ms >= t.from_ms
GROUP BY kind, source, writeup
ORDER BY kind, source, writeup
