-- Facts::daily. {as_of:Int64} {boundary:Int32} {tz:String}
SELECT
    writeup,
    date,
    if(age_day < 0, NULL, age_day) AS age_day,
    sum(reads) AS reads,
    sum(single) AS single,
    min(toUnixTimestamp64Milli(first_at)) AS first_at,
    max(toUnixTimestamp64Milli(last_at)) AS last_at
FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String}) AS d
GROUP BY writeup, date, age_day
ORDER BY writeup, first_at, last_at, age_day
