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
-- Where a tool tells the ends of stays one by one (ends), whoever came is there until they leave on the same device,
-- or the meeting ends; what is left open is of unknown length, and so is the stay of whom nobody saw coming. The stays
-- of one person are united, on all devices, and of one account, whatever it is called on one of them; and within what
-- was opened. A report of the same source holds before all ends that it told of the same meeting: it has them, too.
-- {as_of:Int64} {registry:UInt32} {min_present_ms:UInt64}
WITH
    said_of_people AS
    (
        SELECT a.* EXCEPT (meeting), if(j.planned = 0, a.meeting, j.planned) AS meeting
        FROM resolved_attendance(registry = {registry:UInt32}) AS a
        LEFT JOIN joined_meeting AS j ON a.meeting = j.own
        WHERE a.label = 0 AND a.ms < {as_of:Int64}
    ),
    -- Ends, with what is known of the opening, of the device and of who is signed in.
    ends AS
    (
        SELECT *,
            max(if(device = 0, left_ms, NULL)) OVER openings AS closed_ms,
            arraySort(groupUniqArrayIf(assumeNotNull(joined_ms), device != 0 AND joined_ms IS NOT NULL) OVER devices) AS joins,
            arraySort(groupUniqArrayIf(assumeNotNull(left_ms), device != 0 AND left_ms IS NOT NULL) OVER devices) AS leaves,
            if(person != 0 OR account = 0, person, max(person) OVER accounts) AS whoever,
            if(whoever != 0, 0, if(account = 0, attendee, min(attendee) OVER accounts)) AS nameless
        FROM said_of_people
        WHERE opening != 0 AND (meeting, source) NOT IN
            (SELECT meeting, source FROM said_of_people WHERE opening = 0 AND present_ms IS NOT NULL)
        WINDOW
            openings AS (PARTITION BY source, meeting, opening),
            devices AS (PARTITION BY source, meeting, opening, device),
            accounts AS (PARTITION BY source, meeting, account, attendee != 0)
    ),
    -- From when until when somebody was there. Of a departure and an arrival at the same time the departure is
    -- that of whoever was there before.
    stays AS
    (
        SELECT *,
            arrayExists(x -> x < joined_ms AND NOT arrayExists(y -> y >= x AND y < joined_ms, leaves), joins) AS was_there,
            greatest(ifNull(joined_ms, ms), ms) AS since_ms,
            arrayFirstOrNull(y -> y > joined_ms OR (y = joined_ms AND NOT was_there), leaves) AS gone_ms,
            if(gone_ms IS NULL, closed_ms, least(gone_ms, ifNull(closed_ms, gone_ms))) AS until_ms
        FROM ends
    ),
    openings AS
    (
        SELECT meeting, source, if(countIf(lasted IS NULL) = 0, sum(lasted), NULL) AS lasted
        FROM
        (
            SELECT meeting, source, opening, toUInt64(nullIf(greatest(any(closed_ms) - min(ms), 0), 0)) AS lasted
            FROM ends
            GROUP BY meeting, source, opening
        )
        GROUP BY meeting, source
    ),
    present AS
    (
        SELECT
            s.meeting AS meeting,
            any(s.source) AS source,
            max(s.writeup) AS writeup,
            min(s.ms) AS ms,
            s.whoever AS person,
            if(person = 0, s.nameless, 0) AS key,
            countIf(s.joined_ms IS NOT NULL) = 0 OR countIf(s.joined_ms IS NOT NULL AND s.until_ms IS NULL) > 0 AS is_open,
            if(is_open, NULL, toUInt64(intervalLengthSumIf(
                s.since_ms, assumeNotNull(s.until_ms), s.joined_ms IS NOT NULL AND ifNull(s.until_ms > s.since_ms, false)))) AS present_ms,
            max(s.stated_team) AS stated_team,
            max(s.roster_team) AS roster_team,
            max(s.responder) AS responder
        FROM stays AS s
        WHERE s.attendee != 0
        GROUP BY s.meeting, s.source, s.whoever, s.nameless
    )
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
            SELECT key, writeup, meeting, ms, person, role, partstat, role_stated, via, meeting_ms, attended,
                present_ms, spoke_ms, mandatory, stated_team, roster_team, responder
            FROM said_of_people
            WHERE opening = 0
            UNION ALL
            -- They came, where for how long is not known.
            SELECT key, writeup, meeting, ms, person, '', '', true, '', o.lasted, if(is_open, true, NULL),
                present_ms, NULL, false, stated_team, roster_team, responder
            FROM present
            LEFT JOIN openings AS o ON present.meeting = o.meeting AND present.source = o.source
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
        WINDOW meetings AS (PARTITION BY meeting)
    )
)
WHERE NOT is_group
GROUP BY meeting, someone, itself
ORDER BY at, meeting, person, itself
