-- Removes what an unfinished run left: generations from {generation:UInt32} on.
-- Store::sweep_registry_from.
DELETE FROM derived_reader_cell WHERE generation >= {generation:UInt32}
