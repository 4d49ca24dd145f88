-- Write-ups of whose late reads since {since:Int64} at least half were made on one local day by one team of
-- {least:UInt32} people or more; reads that were assigned, or by somebody without a name, are left out. {late:Int32}
-- (days) {as_of:Int64} {registry:UInt32} {tz:String}. Store::bunched
SELECT toUInt64(count())
FROM
(
    SELECT
        writeup,
        sum(reads) AS all_reads,
        maxIf(reads, team != '' AND people >= {least:UInt32}) AS most
    FROM
    (
        SELECT
            writeup,
            team,
            toDate32(fromUnixTimestamp64Milli(ms, 'UTC'), {tz:String}) AS date,
            count() AS reads,
            uniqExact(person) AS people
        FROM team_read(as_of = {as_of:Int64}, registry = {registry:UInt32})
        WHERE ms >= {since:Int64}
          AND person != 0
          AND NOT assigned
          AND age_day >= {late:Int32}
        GROUP BY writeup, team, date
    )
    GROUP BY writeup
    HAVING most > 0 AND 2 * most >= all_reads
)
