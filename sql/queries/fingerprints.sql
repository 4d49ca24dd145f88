-- kind, source, writeup, first_at, events, named, fingerprint: what has landed for each write-up from
-- each source, by generation {registry:UInt32} of the registry. Store::fingerprints.
SELECT
    r.kind AS kind,
    r.source AS source,
    t.number AS writeup,
    min(r.ms) AS first_at,
    count() AS events,
    countIf(r.person != 0) AS named,
    sum(cityHash64(r.key, r.version)) AS fingerprint
FROM
(
    SELECT 'read' AS kind, source, target, toUnixTimestamp64Milli(at) AS ms, person AS person, key,
        version
    FROM landing_read FINAL
    UNION ALL
    SELECT 'read_count' AS kind, source, target, toUnixTimestamp64Milli(at) AS ms, toUInt128(0) AS person, key,
        version
    FROM landing_read_count FINAL
    UNION ALL
    SELECT 'comment' AS kind, source, target, toUnixTimestamp64Milli(at) AS ms, person AS person, key,
        version
    FROM landing_comment FINAL
    UNION ALL
    SELECT 'link' AS kind, source, target, toUnixTimestamp64Milli(at) AS ms, person AS person, key,
        version
    FROM landing_link FINAL
    UNION ALL
    SELECT 'attendance' AS kind, source, target, toUnixTimestamp64Milli(at) AS ms, person AS person, key,
        version
    FROM landing_attendance FINAL
    UNION ALL
    SELECT 'edit' AS kind, source, target, toUnixTimestamp64Milli(at) AS ms, person AS person, key,
        version
    FROM landing_edit FINAL
) AS r
ANY LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
    ON r.target = t.target
GROUP BY kind, source, writeup
ORDER BY kind, source, writeup
