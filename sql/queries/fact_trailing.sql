-- Facts::trailing. {as_of:Int64} {since:Int64} (as_of less the trailing window)
SELECT writeup, uniqExact(person) AS readers
FROM kept_read(as_of = {as_of:Int64})
WHERE ms >= {since:Int64} AND person != 0
GROUP BY writeup
ORDER BY writeup
