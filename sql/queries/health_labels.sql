-- kind, label, before (events before {as_of:Int64}), future (the others): every landed id once.
-- Unknown targets are label 1. What merges and splits write-ups is no measurement, as in the receipts. {registry:UInt32}. Store::labels.
SELECT kind, label, countIf(ms < {as_of:Int64}) AS before, countIf(ms >= {as_of:Int64}) AS future
FROM
(
    SELECT 'read' AS kind, label, toUnixTimestamp64Milli(at) AS ms
    FROM derived_read
    WHERE (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
    UNION ALL
    SELECT 'read', 1, toUnixTimestamp64Milli(l.at)
    FROM
    (
        SELECT at, target FROM landing_read FINAL WHERE target IN
            (SELECT target FROM registry_target WHERE generation = {registry:UInt32} AND number = 0)
    ) AS l
    ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
        ON l.target = t.target AND toUnixTimestamp64Milli(l.at) >= t.from_ms
    WHERE t.number = 0
    UNION ALL
    SELECT 'read_count', label, toUnixTimestamp64Milli(at)
    FROM derived_count
    WHERE (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
    UNION ALL
    SELECT 'read_count', 1, toUnixTimestamp64Milli(l.at)
    FROM
    (
        SELECT at, target FROM landing_read_count FINAL WHERE target IN
            (SELECT target FROM registry_target WHERE generation = {registry:UInt32} AND number = 0)
    ) AS l
    ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
        ON l.target = t.target AND toUnixTimestamp64Milli(l.at) >= t.from_ms
    WHERE t.number = 0
    UNION ALL
    SELECT 'attendance', label, ms FROM resolved_attendance(registry = {registry:UInt32})
    UNION ALL
    SELECT 'comment', label, ms FROM resolved_comment(registry = {registry:UInt32})
    UNION ALL
    SELECT 'edit', label, ms FROM resolved_edit(registry = {registry:UInt32})
    UNION ALL
    SELECT 'link', label, ms FROM resolved_link(registry = {registry:UInt32})
    UNION ALL
    SELECT 'writeup', 0, -9223372036854775808 FROM landing_writeup FINAL WHERE merged_into IS NULL
    UNION ALL
    -- What is said by hand has not been received.
    SELECT 'person', 0, -9223372036854775808 FROM landing_person FINAL WHERE source != 'registry'
    UNION ALL
    SELECT 'coverage', 0, -9223372036854775808 FROM landing_coverage FINAL
    UNION ALL
    SELECT 'annotation', 0, -9223372036854775808 FROM landing_annotation FINAL
    UNION ALL
    SELECT 'meeting', label, ms FROM resolved_meeting(registry = {registry:UInt32})
    UNION ALL
    SELECT 'story', label, ms FROM resolved_story(registry = {registry:UInt32})
)
GROUP BY kind, label
ORDER BY kind, label
