-- Facts::trailing. {as_of:Int64} {since:Int64} (as_of less the trailing window) {which:UInt8}: 0 all reads,
-- 1 those not assigned, 2 those assigned
SELECT writeup, uniqExact(person) AS readers
FROM kept_read(as_of = {as_of:Int64})
WHERE ms >= {since:Int64} AND person != 0
  AND ({which:UInt8} = 0 OR assigned = ({which:UInt8} = 2))
GROUP BY writeup
ORDER BY writeup
