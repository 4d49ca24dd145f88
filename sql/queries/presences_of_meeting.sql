-- source, presences: who told who came to a meeting, and of how many; somebody who came and left is one.
-- {meeting:UInt64} Store::presences.
SELECT toString(source) AS source, uniqExact(if(attendee = 0, key, attendee)) AS presences
FROM landing_attendance FINAL
WHERE meeting = {meeting:UInt64} AND (present_ms > 0 OR attended OR attendee != 0) AND NOT endsWith(target, ':retracted')
GROUP BY source
ORDER BY source
