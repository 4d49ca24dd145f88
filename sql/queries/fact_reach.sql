-- L11: people in the rosters of registry {registry:UInt32} (with a team or a first day) who were there at some
-- time in [{since:Int64}, {as_of:Int64}), and how many of them read anything then. {which:UInt8}: 0 all reads,
-- 1 those not assigned, 2 those assigned. Store::reach
WITH roster AS
(
    SELECT DISTINCT number
    FROM registry_person
    WHERE generation = {registry:UInt32}
      AND kind = 'person'
      AND (team != '' OR joined_at IS NOT NULL)
      AND ifNull(joined_at, 0) < {as_of:Int64}
      AND ifNull(left_at, {as_of:Int64}) > {since:Int64}
)
SELECT
    toUInt64(ifNull((SELECT count() FROM roster), 0)) AS roster,
    toUInt64(ifNull((
        SELECT uniqExact(person)
        FROM kept_read(as_of = {as_of:Int64})
        WHERE ms >= {since:Int64}
          AND ({which:UInt8} = 0 OR assigned = ({which:UInt8} = 2))
          AND person IN (SELECT number FROM roster)
    ), 0)) AS readers
