-- A migration that was applied, so that the program takes it for its own.
INSERT INTO schema_migration SELECT readback_number, 'readback_name', readback_checksum
