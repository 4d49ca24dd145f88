-- What is known of each meeting beside its attendees. What several sources say of one is
-- put together field by field: the greatest version that says something of a field; ties by content, which
-- is the lower half of a version. The greatest number takes back what was said before. What a tool says of a meeting goes to the one that a calendar plans, see
-- joined_meeting. {as_of:Int64} {registry:UInt32}. Store::meetings.
SELECT
    lower(hex(if(j.planned = 0, a.meeting, j.planned))) AS meeting,
    argMaxIf(spoke, a.version, spoke IS NOT NULL) AS spoke,
    argMaxIf(facilitators_spoke, a.version, facilitators_spoke IS NOT NULL) AS facilitators_spoke,
    argMaxIf(speaking_ms, a.version, speaking_ms IS NOT NULL) AS speaking_ms,
    argMaxIf(meeting_ms, a.version, meeting_ms IS NOT NULL) AS meeting_ms,
    nullIf(argMaxIf(accounts, a.version, accounts IS NOT NULL), 4294967295) AS accounts,
    nullIf(argMaxIf(changes, a.version, changes IS NOT NULL), 4294967295) AS changes,
    nullIf(argMaxIf(watched, a.version, watched IS NOT NULL), 4294967295) AS watched,
    argMaxIf(rooms, a.version, rooms IS NOT NULL) AS rooms,
    nullIf(argMaxIf(toString(form), a.version, form != ''), '') AS form,
    argMaxIf(open, a.version, open IS NOT NULL) AS open,
    argMaxIf(mandatory, a.version, mandatory IS NOT NULL) AS mandatory,
    max(a.version) AS version,
    max(ms) AS held_at
FROM resolved_meeting(registry = {registry:UInt32}) AS a
LEFT JOIN joined_meeting AS j ON a.meeting = j.own
WHERE label = 0 AND ms < {as_of:Int64}
GROUP BY meeting
ORDER BY meeting
