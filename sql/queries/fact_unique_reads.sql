-- R2: distinct (write-up, session and UTC date), or (write-up, person and UTC hour) where no session
-- is logged. In the order of the table, so that only one write-up's set is held. {as_of:Int64} {which:UInt8}: 0 all reads,
-- 1 those not assigned, 2 those assigned
SELECT sum(units) AS unique_reads
FROM
(
    SELECT
        writeup,
        uniqExact(
            if(session != 0, session, toUInt64(person)),
            if(session != 0, intDiv(ms, 86400000), -1 - intDiv(ms, 3600000))) AS units
    FROM kept_read(as_of = {as_of:Int64})
    WHERE (session != 0 OR person != 0)
      AND ({which:UInt8} = 0 OR assigned = ({which:UInt8} = 2))
    GROUP BY writeup
    SETTINGS optimize_aggregation_in_order = 1
)
