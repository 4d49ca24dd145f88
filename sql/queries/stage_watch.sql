-- On which days which source watches: those on which it saw any page, whoever read it. Its rank is by what it
-- told in the four weeks up to that day, so that what comes later changes no earlier day: readers are named, or
-- engaged time is known, where a tenth of the reads by people say so. Whoever reads by a program's account
-- (generation {registry:UInt32} of the registry) is nobody here. {wholes:Array(String)}: sources that see all
-- reads, the one that counts before the others first. {tz:String}. Store::stage_watch.
INSERT INTO staged_watch (source, counter, date, rank)
WITH
    program AS
    (
        SELECT pseudonym
        FROM registry_person
        WHERE generation = {registry:UInt32} AND kind IN ('bot', 'room', 'service')
    ),
    seen AS
    (
        SELECT
            source,
            false AS counter,
            toInt32(toDate32(at, {tz:String})) AS date,
            countIf(is_person) AS people,
            countIf(is_person AND person != 0) AS named,
            countIf(is_person AND engaged_ms IS NOT NULL) AS engaged
        FROM
        (
            SELECT source, at, person, engaged_ms,
                NOT bot AND agent = '' AND person NOT IN program AS is_person
            FROM landing_read FINAL
        )
        GROUP BY source, date
        UNION ALL
        SELECT
            source,
            true AS counter,
            toInt32(if(
                toUnixTimestamp64Milli(at) % 86400000 = 0, toDate32(at, 'UTC'), toDate32(at, {tz:String})))
                AS date,
            toUInt64(0) AS people,
            toUInt64(0) AS named,
            toUInt64(0) AS engaged
        FROM landing_read_count FINAL
        WHERE granularity != 'cumulative'
        GROUP BY source, date
    ),
    known AS
    (
        SELECT
            source,
            counter,
            date,
            sum(people) OVER weeks AS people_then,
            sum(named) OVER weeks AS named_then,
            sum(engaged) OVER weeks AS engaged_then,
            indexOf({wholes:Array(String)}, toString(source)) AS place
        FROM seen
        WINDOW weeks AS
        (
            PARTITION BY source, counter ORDER BY date RANGE BETWEEN 27 PRECEDING AND CURRENT ROW
        )
    )
SELECT
    source,
    counter,
    date,
    toUInt8(
        if(counter, 0,
            50 * (1
                + (engaged_then > 0 AND 10 * engaged_then >= people_then)
                + 2 * (named_then > 0 AND 10 * named_then >= people_then)))
        + if(place = 0, 0, greatest(1, 50 - toInt32(place)))) AS rank
FROM known
