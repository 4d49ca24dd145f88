-- Facts::daily. {as_of:Int64} {boundary:Int32} {tz:String} {which:UInt8}: 0 all reads,
-- 1 those not assigned, 2 those assigned
SELECT
    writeup,
    date,
    if(age_day < 0, NULL, age_day) AS age_day,
    sum(reads) AS reads,
    sum(single) AS single,
    min(toUnixTimestamp64Milli(first_at)) AS first_at,
    max(toUnixTimestamp64Milli(last_at)) AS last_at
FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String}) AS d
WHERE ({which:UInt8} = 0 OR assigned = ({which:UInt8} = 2))
GROUP BY writeup, date, age_day
ORDER BY writeup, first_at, last_at, age_day
