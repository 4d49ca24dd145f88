-- Facts::attendance: what several sources say of one (meeting, person) is put together; a dial-in
-- stands for itself. {as_of:Int64} {registry:UInt32} {min_present_ms:UInt64}
SELECT
    lower(hex(meeting)) AS meeting,
    if(max(writeup) = 0, NULL, max(writeup)) AS writeup,
    min(start) AS at,
    if(someone = 0, NULL, someone) AS person,
    nullIf(argMaxIf(role, (role_stated, ms, role), role != ''), '') AS role,
    nullIf(argMaxIf(partstat, (ms, partstat), partstat != ''), '') AS partstat,
    toBool(role IS NOT NULL OR partstat IS NOT NULL) AS invited,
    toBool(ifNull(
        sum(present_ms) >= {min_present_ms:UInt64},
        ifNull(max(flagged), false))) AS attended,
    toBool(max(mandatory)) AS mandatory,
    toBool(max(responder)) AS responder
FROM
(
    SELECT *,
        person AS someone,
        attended AS flagged,
        if(person = 0, key, 0) AS itself,
        min(ms) OVER (PARTITION BY meeting) AS start
    FROM resolved_attendance(registry = {registry:UInt32})
    WHERE label = 0 AND ms < {as_of:Int64}
)
GROUP BY meeting, someone, itself
ORDER BY at, meeting, person, itself
