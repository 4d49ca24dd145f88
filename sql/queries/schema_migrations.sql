-- number, name, checksum of every applied migration.
SELECT number, name, checksum FROM schema_migration ORDER BY number
