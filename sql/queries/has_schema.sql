-- {database:String}: how many rows: one where it has Readback's list of migrations, else none.
SELECT name FROM system.tables WHERE database = {database:String} AND name = 'schema_migration'
