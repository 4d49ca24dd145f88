-- Facts::comments. {as_of:Int64} {registry:UInt32}
SELECT
    writeup,
    ms AS at,
    if(person = 0, NULL, person) AS person,
    toBool(contributor) AS contributor
FROM resolved_comment(registry = {registry:UInt32})
WHERE label = 0 AND ms < {as_of:Int64}
  AND (deleted_ms IS NULL OR deleted_ms >= {as_of:Int64})
ORDER BY writeup, at, person
