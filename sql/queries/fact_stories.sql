-- round, writeup (0: not written up), title, count, version: the last word on each incident of each story
-- round; a count of nought takes it back. {as_of:Int64} {registry:UInt32}. Store::stories.
SELECT toString(round) AS round, writeup, if(writeup = 0, title, '') AS called,
    argMax(count, a.version) AS count, max(a.version) AS version
FROM resolved_story(registry = {registry:UInt32}) AS a
WHERE label = 0 AND ms < {as_of:Int64} AND (writeup != 0 OR title != '')
GROUP BY round, writeup, called
ORDER BY round, writeup, called
