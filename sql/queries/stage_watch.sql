-- On which days which source watches: those on which it saw any page. Its rank is by what it told up to that
-- day, so that what comes later changes no earlier day: who reads by programs' accounts (generation {registry:UInt32} of the registry) names nobody.
-- {wholes:Array(String)}: sources that see all reads, the one that counts before the others first. {tz:String}.
-- Store::stage_watch.
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
            countIf(is_person AND person != 0) > 0 AS named,
            countIf(is_person AND engaged_ms IS NOT NULL) > 0 AS engaged
        FROM
        (
            SELECT source, at, person, engaged_ms,
                NOT bot AND agent = '' AND person NOT IN program AS is_person
            FROM landing_read
        )
        GROUP BY source, date
        UNION ALL
        SELECT
            source,
            true AS counter,
            toInt32(if(
                toUnixTimestamp64Milli(at) % 86400000 = 0, toDate32(at, 'UTC'), toDate32(at, {tz:String})))
                AS date,
            false AS named,
            false AS engaged
        FROM landing_read_count
        WHERE granularity != 'cumulative'
        GROUP BY source, date
    ),
    known AS
    (
        SELECT
            source,
            counter,
            date,
            minOrNullIf(date, named) OVER whole AS named_since,
            minOrNullIf(date, engaged) OVER whole AS engaged_since,
            indexOf({wholes:Array(String)}, toString(source)) AS place
        FROM seen
        WINDOW whole AS (PARTITION BY source, counter)
    )
SELECT
    source,
    counter,
    date,
    toUInt8(
        if(counter, 0, 50 * (1 + ifNull(engaged_since <= date, false) + 2 * ifNull(named_since <= date, false)))
        + if(place = 0, 0, greatest(1, 50 - toInt32(place)))) AS rank
FROM known
