-- kind, label, before (events before {as_of:Int64}), future (the others): every landed id once.
-- Unknown targets are label 1. What merges and splits write-ups is no measurement, as in the receipts. {registry:UInt32}. Store::labels.
WITH unknown AS
(
    -- The registry holds how many reads of unknown targets there are; landing is gone through for them only
    -- where some came later.
    SELECT sum(events) AS reads, max(last_at) >= {as_of:Int64} AS is_split
    FROM registry_source
    WHERE generation = {registry:UInt32} AND kind = 'read' AND writeup = 0
)
SELECT kind, label, sumIf(n, ms < {as_of:Int64}) AS before, sumIf(n, ms >= {as_of:Int64}) AS future
FROM
(
    SELECT 'read' AS kind, label, if(is_future, {as_of:Int64}, toInt64('-9223372036854775808')) AS ms, n
    FROM
    (
        SELECT label, at >= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') AS is_future, count() AS n
        FROM derived_read
        WHERE (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
        GROUP BY label, is_future
    )
    UNION ALL
    SELECT 'read', 1, toInt64('-9223372036854775808'), reads FROM unknown WHERE NOT is_split AND reads > 0
    UNION ALL
    SELECT 'read', 1, toUnixTimestamp64Milli(l.at), 1
    FROM
    (
        SELECT at, target FROM landing_read FINAL
        WHERE (SELECT is_split FROM unknown) AND target IN
            (SELECT target FROM registry_target WHERE generation = {registry:UInt32} AND number = 0)
    ) AS l
    ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
        ON l.target = t.target AND toUnixTimestamp64Milli(l.at) >= t.from_ms
    WHERE t.number = 0
    UNION ALL
    SELECT 'read_count', label, toUnixTimestamp64Milli(at), 1
    FROM derived_count
    WHERE (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
    UNION ALL
    SELECT 'read_count', 1, toUnixTimestamp64Milli(l.at), 1
    FROM
    (
        SELECT at, target FROM landing_read_count FINAL WHERE target IN
            (SELECT target FROM registry_target WHERE generation = {registry:UInt32} AND number = 0)
    ) AS l
    ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
        ON l.target = t.target AND toUnixTimestamp64Milli(l.at) >= t.from_ms
    WHERE t.number = 0
    UNION ALL
    SELECT 'attendance', label, ms, 1 FROM resolved_attendance(registry = {registry:UInt32})
    UNION ALL
    SELECT 'comment', label, ms, 1 FROM resolved_comment(registry = {registry:UInt32})
    UNION ALL
    SELECT 'edit', label, ms, 1 FROM resolved_edit(registry = {registry:UInt32})
    UNION ALL
    SELECT 'link', label, ms, 1 FROM resolved_link(registry = {registry:UInt32})
    UNION ALL
    SELECT 'writeup', 0, -9223372036854775808, 1 FROM landing_writeup FINAL WHERE merged_into IS NULL
    UNION ALL
    -- What is said by hand has not been received.
    SELECT 'person', 0, -9223372036854775808, 1 FROM landing_person FINAL WHERE source != 'registry'
    UNION ALL
    SELECT 'coverage', 0, -9223372036854775808, 1 FROM landing_coverage FINAL
    UNION ALL
    SELECT 'annotation', 0, -9223372036854775808, 1 FROM landing_annotation FINAL
    UNION ALL
    SELECT 'meeting', label, ms, 1 FROM resolved_meeting(registry = {registry:UInt32})
    UNION ALL
    SELECT 'story', label, ms, 1 FROM resolved_story(registry = {registry:UInt32})
)
GROUP BY kind, label
ORDER BY kind, label
