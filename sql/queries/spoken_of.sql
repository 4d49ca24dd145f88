-- target, canonical, kind, events, first and last instant (UTC ms): what events of each kind name,
-- robots and all. Corrections of an event are one. Apart for each part of time between
-- {bounds:Array(Int64)}, at which names change hands. Store::spoken_of.
SELECT target, canonical, kind, count() AS events, toUnixTimestamp64Milli(min(at)) AS first_at,
    toUnixTimestamp64Milli(max(at)) AS last_at
FROM
(
    SELECT toString(target) AS target, toString(canonical) AS canonical, 'read' AS kind, at
    FROM landing_read FINAL
    UNION ALL
    SELECT toString(target), toString(canonical), 'read_count', at FROM landing_read_count FINAL
    UNION ALL
    SELECT toString(target), toString(canonical), 'attendance', at FROM landing_attendance FINAL
    UNION ALL
    SELECT toString(target), toString(canonical), 'comment', at FROM landing_comment FINAL
    UNION ALL
    SELECT toString(target), toString(canonical), 'edit', at FROM landing_edit FINAL
    UNION ALL
    SELECT toString(target), toString(canonical), 'link', at FROM landing_link FINAL
    UNION ALL
    SELECT toString(target), toString(canonical), 'meeting', at FROM landing_meeting FINAL
    UNION ALL
    SELECT toString(target), toString(canonical), 'story', at FROM landing_story FINAL
)
WHERE target != ''
GROUP BY target, canonical, kind,
    if(empty({bounds:Array(Int64)}), 0,
        arrayCount(b -> b <= toUnixTimestamp64Milli(at), {bounds:Array(Int64)}))
ORDER BY target, canonical, kind, first_at
