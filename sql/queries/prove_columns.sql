-- {database:String}: every column of its tables; views show what tables hold. Store::columns.
SELECT c.table AS table, c.name AS name, c.type AS kind
FROM system.columns AS c
INNER JOIN system.tables AS t ON c.database = t.database AND c.table = t.name
WHERE c.database = {database:String} AND t.engine NOT LIKE '%View'
ORDER BY table, name
