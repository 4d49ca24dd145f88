-- Facts::threads: every comment on a known write-up, whatever became of it: those that are not counted
-- hold their threads together. A source of which no comment names another is flat.
-- {as_of:Int64} {registry:UInt32}
SELECT
    writeup,
    reinterpretAsInt64(key) AS id,
    if(parent = 0, NULL, reinterpretAsInt64(parent)) AS parent,
    ms AS at,
    if(ifNull(deleted_ms < {as_of:Int64}, false), deleted_ms, NULL) AS deleted_at,
    if(person = 0, NULL, person) AS person,
    toBool(label = 0 AND ifNull(deleted_ms >= {as_of:Int64}, true)) AS counted,
    toBool(label = 0) AS meant,
    toBool(source IN
        (SELECT source FROM landing_comment FINAL WHERE parent != 0
             AND toUnixTimestamp64Milli(at) < {as_of:Int64})) AS threaded
FROM resolved_comment(registry = {registry:UInt32})
WHERE label != 1 AND ms < {as_of:Int64}
ORDER BY at, id
