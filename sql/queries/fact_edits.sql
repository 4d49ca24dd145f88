-- Facts::edits: the days on which somebody changed a write-up, from the first change of the day on;
-- minor ones are left out. {as_of:Int64} {registry:UInt32} {tz:String}
SELECT
    writeup,
    if(number = 0, NULL, number) AS person,
    min(ms) AS at
FROM
(
    SELECT writeup, person AS number, ms
    FROM resolved_edit(registry = {registry:UInt32})
    WHERE label = 0 AND NOT minor AND ms < {as_of:Int64}
)
GROUP BY writeup, number, toDate32(fromUnixTimestamp64Milli(ms, 'UTC'), {tz:String})
ORDER BY writeup, at, person
