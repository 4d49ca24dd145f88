-- R5: engaged times of kept reads, cut at {longest:UInt32} ms, and how often each came. {as_of:Int64}
SELECT toInt64(least(assumeNotNull(engaged_ms), {longest:UInt32})) AS engaged_ms, count() AS reads
FROM kept_read(as_of = {as_of:Int64}) AS r
WHERE r.engaged_ms > 0
GROUP BY engaged_ms
ORDER BY engaged_ms
