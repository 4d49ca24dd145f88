-- The day roll-up as of an instant {as_of:Int64}: days before {boundary:Int32} as rolled up, later
-- ones (a double click can reach over midnight) from the reads themselves, and the daily counts.
-- {tz:String} is the organisation's zone. Assigned reads have rows of their own. Reads are gone through of
-- those write-ups alone that have a later day.
CREATE OR REPLACE VIEW read_day AS
SELECT writeup, date, age_day, reads, single, anonymous, first_at, last_at, people, assigned
FROM derived_read_day
WHERE date < {boundary:Int32}
  AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
UNION ALL
SELECT
    writeup,
    toInt32(toDate32(at, {tz:String})) AS date,
    age_day,
    count() AS reads,
    count() AS single,
    countIf(person = 0) AS anonymous,
    min(at) AS first_at,
    max(at) AS last_at,
    groupBitmapState(person) AS people,
    assigned
FROM kept_read(as_of = {as_of:Int64})
WHERE toInt32(toDate32(at, {tz:String})) >= {boundary:Int32}
  AND writeup IN (SELECT writeup FROM derived_read_day WHERE date >= {boundary:Int32})
GROUP BY writeup, date, age_day, assigned
UNION ALL
SELECT
    writeup,
    date,
    age_day,
    sum(count) AS reads,
    toUInt64(0) AS single,
    toUInt64(0) AS anonymous,
    min(at) AS first_at,
    max(at) AS last_at,
    groupBitmapState(toUInt32(0)) AS people,
    false AS assigned
FROM derived_count
WHERE label = 0
  AND NOT cumulative
  AND count > 0
  AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
  AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
GROUP BY writeup, date, age_day
