-- Removes what an unfinished run left: generations from {generation:UInt32} on.
-- Store::sweep_registry_from.
DELETE FROM derived_sitting_day WHERE generation >= {generation:UInt32}
