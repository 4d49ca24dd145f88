-- L2: distinct people behind a median of ages; parameters as in fact_median_age.
SELECT uniqExact(r.person) AS people
FROM kept_read(as_of = {as_of:Int64}) AS r
WHERE r.person != 0 AND r.ms >= {from:Int64}
  AND has({writeups:Array(UInt32)}, r.writeup)
  AND r.age_day >= 0 AND r.age_day < {below_days:Int32}
