-- target, canonical: every target that any event names. Store::targets.
SELECT DISTINCT target, canonical
FROM
(
    SELECT DISTINCT toString(target) AS target, toString(canonical) AS canonical FROM landing_read
    UNION ALL SELECT DISTINCT toString(target), toString(canonical) FROM landing_read_count
    UNION ALL SELECT DISTINCT toString(target), toString(canonical) FROM landing_attendance
    UNION ALL SELECT DISTINCT toString(target), toString(canonical) FROM landing_comment
    UNION ALL SELECT DISTINCT toString(target), toString(canonical) FROM landing_edit
    UNION ALL SELECT DISTINCT toString(target), toString(canonical) FROM landing_link
    UNION ALL SELECT DISTINCT page, page FROM landing_link
    UNION ALL SELECT DISTINCT toString(target), toString(canonical) FROM landing_meeting
    UNION ALL SELECT DISTINCT toString(target), toString(canonical) FROM landing_story
)
ORDER BY target
