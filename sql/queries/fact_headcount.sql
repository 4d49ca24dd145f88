-- R7: people in the rosters of registry {registry:UInt32} (with a team or a first day) who were there
-- at some time in [{since:Int64}, {as_of:Int64}).
SELECT uniqExact(number) AS people
FROM registry_person
WHERE generation = {registry:UInt32}
  AND kind IN ('person', 'excluded')
  AND (team != '' OR joined_at IS NOT NULL)
  AND ifNull(joined_at, 0) < {as_of:Int64}
  AND ifNull(left_at, {as_of:Int64}) > {since:Int64}
