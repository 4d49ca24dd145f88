-- One cut ({cut:UInt8}) of `derived_reader_cell` as of an instant; other parameters as in `read_day`. Cells that
-- end before {boundary:Int32} are taken as they are; of the others the days before it, and what is later from
-- the reads themselves. A cell can have several rows.
CREATE OR REPLACE VIEW reader_cell AS
SELECT writeup, at, assigned, reads, anonymous, people
FROM derived_reader_cell
WHERE cut = {cut:UInt8}
  AND last_date < {boundary:Int32}
  AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
UNION ALL
SELECT
    writeup,
    toInt32(multiIf(
        {cut:UInt8} = 1, date - positiveModulo(date + 3, 7),
        {cut:UInt8} = 2, intDiv(age_day, 30),
        intDiv(age_day, 7))) AS at,
    assigned,
    reads,
    anonymous,
    people
FROM derived_read_day
WHERE date < {boundary:Int32}
  AND ({cut:UInt8} = 1 OR age_day >= 0)
  AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
  AND (writeup, at, assigned) IN
  (
      SELECT writeup, c.at, c.assigned
      FROM derived_reader_cell AS c
      WHERE cut = {cut:UInt8}
        AND last_date >= {boundary:Int32}
        AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
  )
UNION ALL
SELECT
    writeup,
    toInt32(multiIf(
        {cut:UInt8} = 1, date - positiveModulo(date + 3, 7),
        {cut:UInt8} = 2, intDiv(age_day, 30),
        intDiv(age_day, 7))) AS at,
    assigned,
    reads,
    anonymous,
    people
FROM
(
    SELECT
        writeup,
        toInt32(toDate32(r.at, {tz:String})) AS date,
        age_day,
        assigned,
        toUInt64(1) AS reads,
        toUInt64(person = 0) AS anonymous,
        bitmapBuild([person]) AS people
    FROM kept_read(as_of = {as_of:Int64}) AS r
    WHERE toInt32(toDate32(r.at, {tz:String})) >= {boundary:Int32}
      AND writeup IN (SELECT writeup FROM derived_read_day WHERE date >= {boundary:Int32})
    UNION ALL
    SELECT writeup, date, age_day, false, toUInt64(count), toUInt64(0), bitmapBuild([toUInt32(0)])
    FROM derived_count AS c
    WHERE label = 0
      AND NOT cumulative
      AND count > 0
      AND c.at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
      AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
)
WHERE {cut:UInt8} = 1 OR age_day >= 0
