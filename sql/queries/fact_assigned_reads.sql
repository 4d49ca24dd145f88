-- How many kept reads were assigned. {as_of:Int64}. Store::assigned_reads.
SELECT count()
FROM kept_read(as_of = {as_of:Int64})
WHERE assigned
