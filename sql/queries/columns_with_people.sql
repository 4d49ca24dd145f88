-- table, column, list: every column of the database that can hold a pseudonym. Store::people_found.
SELECT c.table AS table, c.name AS column, c.type = 'Array(UInt128)' AS list
FROM system.columns AS c
INNER JOIN system.tables AS t ON c.database = t.database AND c.table = t.name
WHERE c.database = {database:String} AND c.type IN ('UInt128', 'Array(UInt128)') AND t.engine NOT LIKE '%View'
ORDER BY table, column
