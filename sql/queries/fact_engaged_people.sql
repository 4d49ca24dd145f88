-- R5: distinct people behind reads that lasted; behind all other kept reads; and behind those of which it is not
-- known whether they did. Of the last two 0 where anybody without a name is among them. {as_of:Int64}
SELECT
    toUInt64(groupBitmapIf(person, engaged_ms > 0 AND person != 0)) AS lasted,
    if(countIf(person = 0 AND NOT ifNull(engaged_ms > 0, false)) > 0, 0,
        toUInt64(groupBitmapIf(person, NOT ifNull(engaged_ms > 0, false)))) AS others,
    if(countIf(person = 0 AND engaged_ms IS NULL) > 0, 0, toUInt64(groupBitmapIf(person, engaged_ms IS NULL))) AS untimed
FROM kept_read(as_of = {as_of:Int64})
