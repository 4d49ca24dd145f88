-- Reads since an instant {since:Int64}, which lies in the local day {date:Int32}, by day; other parameters as in
-- `read_day`. Of that day the reads themselves are gone through where some came before and some after. Daily
-- counts of that day may be among the rows; they have nobody's number and are no single reads.
CREATE OR REPLACE VIEW since_day AS
SELECT writeup, date, age_day, assigned, single, people
FROM read_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String})
WHERE date > {date:Int32}
   OR (date = {date:Int32}
       AND {date:Int32} < {boundary:Int32}
       AND first_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
UNION ALL
SELECT writeup, {date:Int32} AS date, age_day, assigned, count() AS single, groupBitmapState(person) AS people
FROM kept_read(as_of = {as_of:Int64})
-- No local day is longer than 26 hours.
WHERE ms >= {since:Int64}
  AND ms < {since:Int64} + 93600000
  AND toInt32(toDate32(at, {tz:String})) = {date:Int32}
  AND (writeup, age_day, assigned) IN
  (
      SELECT writeup, age_day, assigned
      FROM derived_read_day
      WHERE date = {date:Int32}
        AND (
            {date:Int32} >= {boundary:Int32}
            OR (first_at < fromUnixTimestamp64Milli({since:Int64}, 'UTC')
                AND last_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')))
  )
GROUP BY writeup, age_day, assigned
