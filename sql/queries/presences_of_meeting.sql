-- source, presences: who told who came to a meeting, and of how many. {meeting:UInt64} Store::presences.
SELECT toString(source) AS source, count() AS presences
FROM landing_attendance FINAL
WHERE meeting = {meeting:UInt64} AND (present_ms > 0 OR attended) AND NOT endsWith(target, ':retracted')
GROUP BY source
ORDER BY source
