-- L4: person-days and people with a late read in the trailing window.
-- {as_of:Int64} {since:Int64} {late:Int32} {tz:String} {which:UInt8}: 0 all reads,
-- 1 those not assigned, 2 those assigned
SELECT
    uniqExact(person, toDate32(at, {tz:String})) AS late_reader_days,
    uniqExact(person) AS late_readers
FROM kept_read(as_of = {as_of:Int64})
WHERE ms >= {since:Int64} AND age_day >= {late:Int32} AND person != 0
  AND ({which:UInt8} = 0 OR assigned = ({which:UInt8} = 2))
