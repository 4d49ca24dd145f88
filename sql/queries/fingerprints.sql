-- kind, source, writeup, first_at, events, fingerprint: what has landed for each write-up from each
-- source, by generation {registry:UInt32} of the registry. Store::fingerprints.
SELECT kind, source, writeup, min(first_ms) AS first_at, sum(n) AS events,
    sum(f) AS fingerprint
FROM
(
    SELECT 'read' AS kind, toString(r.source) AS source, t.number AS writeup,
        min(toUnixTimestamp64Milli(r.at)) AS first_ms, count() AS n,
        sum(cityHash64(r.key, r.version)) AS f
    FROM (SELECT key, version, at, source, target FROM landing_read FINAL) AS r
    ANY LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
        ON r.target = t.target
    GROUP BY source, writeup
    UNION ALL
    SELECT 'read_count', toString(r.source) AS source, t.number AS writeup,
        min(toUnixTimestamp64Milli(r.at)), count(), sum(cityHash64(r.key, r.version))
    FROM (SELECT key, version, at, source, target FROM landing_read_count FINAL) AS r
    ANY LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
        ON r.target = t.target
    GROUP BY source, writeup
    UNION ALL
    SELECT 'comment', toString(r.source) AS source, t.number AS writeup,
        min(toUnixTimestamp64Milli(r.at)), count(), sum(cityHash64(r.key, r.version))
    FROM (SELECT key, version, at, source, target FROM landing_comment FINAL) AS r
    ANY LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
        ON r.target = t.target
    GROUP BY source, writeup
    UNION ALL
    SELECT 'link', toString(r.source) AS source, t.number AS writeup,
        min(toUnixTimestamp64Milli(r.at)), count(), sum(cityHash64(r.key, r.version))
    FROM (SELECT key, version, at, source, target FROM landing_link FINAL) AS r
    ANY LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
        ON r.target = t.target
    GROUP BY source, writeup
    UNION ALL
    SELECT 'attendance', toString(r.source) AS source, t.number AS writeup,
        min(toUnixTimestamp64Milli(r.at)), count(), sum(cityHash64(r.key, r.version))
    FROM (SELECT key, version, at, source, target FROM landing_attendance FINAL) AS r
    ANY LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
        ON r.target = t.target
    GROUP BY source, writeup
    UNION ALL
    SELECT 'edit', toString(r.source) AS source, t.number AS writeup,
        min(toUnixTimestamp64Milli(r.at)), count(), sum(cityHash64(r.key, r.version))
    FROM (SELECT key, version, at, source, target FROM landing_edit FINAL) AS r
    ANY LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
        ON r.target = t.target
    GROUP BY source, writeup
)
GROUP BY kind, source, writeup
ORDER BY kind, source, writeup
