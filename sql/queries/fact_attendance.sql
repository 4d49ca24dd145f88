-- Facts::attendance: what several sources say of one (meeting, person) is put together; a dial-in
-- stands for itself. A meeting starts with the first presence, or as it was planned; the answer that
-- was valid then counts (A3), and nobody was there for longer than it lasted (A1): as long as it is told with who
-- came, else as long as it was planned; and where somebody stayed longer than a tool tells, so long, but no longer
-- than it was planned (A4). A meeting tool need
-- not know the write-up: what the calendar says of the meeting holds for everybody in it. What somebody says of
-- the meeting by hand holds before that; what its transcript says, where nobody else says anything. Who was
-- a responder of what the meeting was about by hand is found out where the write-up is known (occasions). A
-- meeting is recorded where a meeting tool, a list or a hand says of anybody that they came or did not: a
-- calendar says who was invited and what they answered, and never that. What a meeting tool tells of a meeting that
-- nobody joined to a calendar's is of the one that the calendar plans in the same venue next to it, at most three
-- hours away; of two that are equally near of neither; see joined_meeting. An invitation of a group of which nobody is
-- known is no row: it says of all others in the meeting that they may have come through it (grouped).
-- {as_of:Int64} {registry:UInt32} {min_present_ms:UInt64}
SELECT
    lower(hex(meeting)) AS meeting,
    nullIf(multiIf(
        max(said) != 0, max(said),
        max(writeup) != 0, max(writeup),
        max(writeup_of_meeting) != 0, max(writeup_of_meeting),
        max(heard)), 0) AS writeup,
    min(start) AS at,
    toInt64(min(planned_ms)) AS planned_at,
    if(someone = 0, NULL, someone) AS person,
    nullIf(argMaxIf(role, (role_stated, ms, role), role != ''), '') AS role,
    nullIf(argMaxIf(partstat, (ms <= start, ms, partstat), partstat != ''), '') AS partstat,
    toBool(role IS NOT NULL OR partstat IS NOT NULL) AS invited,
    -- `least` passes over nulls; without presence the host's flag decides.
    toBool(if(
        sum(present_ms) IS NULL,
        ifNull(max(flagged), false),
        least(sum(present_ms), max(length)) >= {min_present_ms:UInt64})) AS attended,
    toBool(max(said_who_came)) AS recorded,
    -- Somebody says of anybody that they were invited, or had to come.
    toBool(max(said_who_should)) AS planned,
    toBool(max(mandatory)) AS mandatory,
    toBool(max(responder AND said = 0)) AS responder,
    toBool(max(says_role)) AS stated,
    -- Whoever is named as well was not invited through the list alone.
    toInt64(if(max(by_name), NULL, nullIf(max(listed), 0))) AS list,
    toBool(max(beside_group)) AS grouped,
    toInt64(if(sum(present_ms) IS NULL, NULL, least(sum(present_ms), max(length)))) AS stayed_ms,
    toInt64(max(length)) AS length_ms,
    toInt64(sum(spoke_ms)) AS talked_ms,
    coalesce(
        nullIf(argMaxIf(stated_team, (ms, stated_team), stated_team != ''), ''),
        nullIf(argMaxIf(roster_team, (ms, roster_team), roster_team != ''), '')) AS team
FROM
(
    SELECT *,
        -- A length of nought is not known (A4).
        if(told_length IS NULL, planned_length, greatest(
            told_length,
            least(ifNull(max(stay) OVER (PARTITION BY meeting), 0), ifNull(planned_length, 0)))) AS length
    FROM
    (
        SELECT *,
            person AS someone,
            attended AS flagged,
            if(person = 0, key, 0) AS itself,
            role != '' AND role_stated AS says_role,
            via = '' AND (role != '' OR partstat != '') AS by_name,
            if(via = '', 0, uniqExactIf(person, person != 0) OVER (PARTITION BY meeting, via)) AS listed,
            person = 0 AND via != '' AND present_ms IS NULL AND attended IS NULL AS is_group,
            max(is_group) OVER meetings AS beside_group,
            max(writeup) OVER meetings AS writeup_of_meeting,
            max(present_ms IS NOT NULL OR attended IS NOT NULL) OVER meetings AS said_who_came,
            ifNull(
                min(if(present_ms IS NULL AND attended IS NULL, NULL, ms)) OVER meetings,
                max(ms) OVER meetings) AS start,
            max(role != '' OR partstat != '' OR mandatory) OVER meetings AS said_who_should,
            present_ms IS NOT NULL OR attended IS NOT NULL AS is_presence,
            min(if(is_presence, NULL, ms)) OVER meetings AS planned_ms,
            nullIf(max(if(is_presence, meeting_ms, NULL)) OVER meetings, 0) AS told_length,
            nullIf(max(if(is_presence, NULL, meeting_ms)) OVER meetings, 0) AS planned_length,
            sum(present_ms) OVER (PARTITION BY meeting, person, if(person = 0, key, 0)) AS stay
        FROM
        (
            SELECT a.* EXCEPT (meeting), if(j.planned = 0, a.meeting, j.planned) AS meeting
            FROM resolved_attendance(registry = {registry:UInt32}) AS a
            LEFT JOIN joined_meeting AS j ON a.meeting = j.own
        ) AS told
        LEFT JOIN
        (
            SELECT if(j.planned = 0, a.meeting, j.planned) AS meeting,
                argMaxIf(writeup, version, source = 'registry') AS said,
                argMaxIf(writeup, version, source != 'registry') AS heard
            FROM resolved_meeting(registry = {registry:UInt32}) AS a
            LEFT JOIN joined_meeting AS j ON a.meeting = j.own
            WHERE label = 0 AND writeup != 0 AND ms < {as_of:Int64}
            GROUP BY meeting
        ) AS of_meeting USING (meeting)
        WHERE label = 0 AND ms < {as_of:Int64}
        WINDOW meetings AS (PARTITION BY meeting)
    )
)
WHERE NOT is_group
GROUP BY meeting, someone, itself
ORDER BY at, meeting, person, itself
