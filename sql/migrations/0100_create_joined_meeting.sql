-- What a meeting tool tells of a meeting that nobody joined to a calendar's (own) is of the one that the calendar
-- plans in the same venue next to it, at most three hours away (planned); of two that are equally near of neither.
CREATE OR REPLACE VIEW joined_meeting AS
WITH
    venues AS
    (
        SELECT meeting, venue, venue_planned, toUnixTimestamp64Milli(at) AS ms
        FROM landing_meeting FINAL
        WHERE venue != 0 AND NOT endsWith(target, ':retracted')
    )
SELECT own, any(there) AS planned
FROM
(
    SELECT h.meeting AS own, p.meeting AS there, abs(h.ms - p.ms) AS apart,
        min(apart) OVER (PARTITION BY own) AS nearest
    FROM (SELECT * FROM venues WHERE NOT venue_planned) AS h
    INNER JOIN (SELECT * FROM venues WHERE venue_planned) AS p ON h.venue = p.venue
    WHERE apart <= 10800000 AND own NOT IN (SELECT meeting FROM venues WHERE venue_planned)
)
WHERE apart = nearest
GROUP BY own
HAVING uniqExact(there) = 1
