-- R5: distinct people behind reads that lasted. {as_of:Int64}
SELECT uniqExact(person) AS people
FROM kept_read(as_of = {as_of:Int64})
WHERE engaged_ms > 0 AND person != 0
