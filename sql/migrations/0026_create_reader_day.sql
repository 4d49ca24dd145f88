-- Person-days of reading as of an instant; parameters as in `read_day`.
CREATE VIEW reader_day AS
SELECT writeup, date, person, engaged_ms, scroll_milli
FROM derived_reader_day
WHERE date < {boundary:Int32}
  AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
UNION ALL
SELECT
    writeup,
    toInt32(toDate32(at, {tz:String})) AS date,
    person,
    sum(toUInt64(engaged_ms)) AS engaged_ms,
    max(scroll_milli) AS scroll_milli
FROM kept_read(as_of = {as_of:Int64})
WHERE person != 0
  AND toInt32(toDate32(at, {tz:String})) >= {boundary:Int32}
GROUP BY writeup, date, person
