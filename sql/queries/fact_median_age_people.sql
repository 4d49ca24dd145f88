-- L2: distinct people behind a median of ages; parameters as in fact_median_age.
-- {which:UInt8}: 0 all reads,
-- 1 those not assigned, 2 those assigned
SELECT uniqExact(r.person) AS people
FROM kept_read(as_of = {as_of:Int64}) AS r
WHERE ({which:UInt8} = 0 OR r.assigned = ({which:UInt8} = 2))
  AND r.person != 0 AND r.ms >= {from:Int64}
  AND has({writeups:Array(UInt32)}, r.writeup)
  AND r.age_day >= 0 AND r.age_day < {below_days:Int32}
