-- What R4's notes rest on, person-days of known depth in two cuts. By local month, those at an age (at local
-- noon) of {late:Int32} days to twice that: `month` is its first day (days since 1970), `near` is 0. And by how
-- near the engaged time is to what reading takes, in fifths of that: 1 from .8 on, 2 from 1 on, 3 from 1.2 up to
-- 1.4; `month` is 0. Each with those of class read, the distinct people on either side, and those of whose days
-- the depth is not known. Other parameters as in fact_classes. Store::depth_signs
WITH
    revision AS
    (
        SELECT
            w.number AS writeup,
            toInt32(toDate32(l.at, {tz:String})) AS since,
            argMax(l.words, (l.at, l.version, l.key)) AS words
        FROM (SELECT * FROM landing_writeup FINAL) AS l
        INNER JOIN
        (
            SELECT number, id FROM registry_writeup WHERE generation = {registry:UInt32}
        ) AS w ON l.id = w.id
        WHERE l.words IS NOT NULL
        GROUP BY writeup, since
    ),
    first_revision AS
    (
        SELECT writeup, argMin(words, since) AS words FROM revision GROUP BY writeup
    ),
    published AS
    (
        SELECT number AS writeup, assumeNotNull(published_at) AS at
        FROM registry_writeup
        WHERE generation = {registry:UInt32} AND published_at IS NOT NULL
    ),
    day AS
    (
        SELECT
            d.person AS person,
            d.date AS date,
            d.engaged_ms IS NOT NULL AND ifNull(r.words, f.words) IS NOT NULL AS is_known,
            ifNull(d.engaged_ms, 0) AS engaged,
            greatest(
                toFloat64({skim_ms:UInt32}),
                ifNull(ifNull(r.words, f.words), 0) * {ms_per_word:Float64}) AS threshold,
            is_known AND engaged >= threshold AND (d.scroll_milli IS NULL OR d.scroll_milli >= {depth_milli:UInt16}) AS is_read,
            p.at AS published
        FROM reader_day(as_of = {as_of:Int64}, boundary = {boundary:Int32}, tz = {tz:String}) AS d
        ASOF LEFT JOIN revision AS r ON d.writeup = r.writeup AND d.date >= r.since
        ANY LEFT JOIN first_revision AS f ON d.writeup = f.writeup
        ANY LEFT JOIN published AS p ON d.writeup = p.writeup
    ),
    placed AS
    (
        SELECT
            person,
            is_known,
            is_read,
            addDays(toDate('1970-01-01'), date) AS local,
            toInt64(toUnixTimestamp(makeDateTime(
                toYear(local), toMonth(local), toDayOfMonth(local), 12, 0, 0, {tz:String}))) * 1000
                - published AS age,
            published > 0 AND age >= {late:Int32} * 86400000 AND age < 2 * {late:Int32} * 86400000 AS in_window,
            toInt32(toDate32(toStartOfMonth(addDays(toDate32('1970-01-01'), date)))) AS month_of,
            toInt32(floor(5 * engaged / threshold)) - 3 AS fifth
        FROM day
    )
SELECT
    cut.1 AS month,
    cut.2 AS near,
    countIf(is_known) AS known,
    countIf(is_read) AS `read`,
    toUInt64(groupBitmapIf(person, is_read)) AS readers,
    toUInt64(groupBitmapIf(person, is_known AND NOT is_read)) AS others,
    toUInt64(groupBitmapIf(person, is_known)) AS people,
    toUInt64(groupBitmapIf(person, NOT is_known)) AS unknown
FROM (SELECT * FROM placed WHERE in_window OR (is_known AND fifth BETWEEN 1 AND 3))
ARRAY JOIN arrayConcat(
    if(in_window, [(month_of, 0)], []),
    if(is_known AND fifth BETWEEN 1 AND 3, [(0, fifth)], [])) AS cut
GROUP BY month, near
ORDER BY month, near
