-- R2: distinct (write-up, session and UTC date), or (write-up, person and UTC hour) where no session
-- is logged. Units that began before {boundary:Int32} are counted already (derived_sitting_day); of later reads
-- those count of whose unit nothing is earlier, and a unit lies within two local days. {as_of:Int64} {tz:String}
-- {which:UInt8}: 0 all reads, 1 those not assigned, 2 those assigned
SELECT toUInt64(sum(units)) AS unique_reads
FROM
(
    SELECT sum(sittings) AS units
    FROM derived_sitting_day
    WHERE which = {which:UInt8}
      AND date < {boundary:Int32}
      AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
    UNION ALL
    SELECT count() AS units
    FROM
    (
        SELECT writeup,
            if(session != 0, session, toUInt64(person)) AS reader,
            if(session != 0, intDiv(ms, 86400000), -1 - intDiv(ms, 3600000)) AS slot
        FROM kept_read(as_of = {as_of:Int64})
        WHERE (session != 0 OR person != 0)
          AND ({which:UInt8} = 0 OR assigned = ({which:UInt8} = 2))
          AND toInt32(toDate32(at, {tz:String})) >= {boundary:Int32} - 1
          AND writeup IN (SELECT writeup FROM derived_read_day WHERE date >= {boundary:Int32})
        GROUP BY writeup, reader, slot
        HAVING toInt32(toDate32(min(at), {tz:String})) >= {boundary:Int32}
    )
)
