-- All numbers of the last report, in one shape, to compare them with what they should be. Published::rows.
SELECT concat('indicator/', code, path) AS place, value, suppressed FROM published_indicator
UNION ALL
SELECT concat('health', path), value, suppressed FROM published_health
UNION ALL
SELECT concat('series/', code, '/', series, '/', toString(month), '/', name), value, suppressed FROM published_series
UNION ALL
SELECT concat('writeup/', id, '/', number.1), CAST(number.2, 'Nullable(Float64)'), suppressed
FROM published_writeup
ARRAY JOIN [('reads', reads), ('readers', readers), ('late_reads', late_reads), ('late_readers', late_readers), ('readers_trailing', readers_trailing)] AS number
UNION ALL
SELECT concat('review/', meeting, '/', number.1), CAST(number.2, 'Nullable(Float64)'), suppressed
FROM published_review
ARRAY JOIN [('attendees', attendees), ('need_not_have_come', need_not_have_come)] AS number
