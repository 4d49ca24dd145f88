-- R5: the same by powers of two of a second (-1: less than one; -2: no time at all), with the people who
-- are known.
-- {as_of:Int64}, {longest:UInt32} ms
SELECT
    toInt32(if(
        engaged_ms = 0, -2,
        greatest(-1, floor(log2(least(assumeNotNull(engaged_ms), {longest:UInt32}) / 1000))))) AS power,
    count() AS reads,
    toUInt64(groupBitmapIf(person, person != 0)) AS people
FROM kept_read(as_of = {as_of:Int64})
WHERE engaged_ms IS NOT NULL
GROUP BY power
ORDER BY power
