-- Removes what an unfinished run left: generations from {generation:UInt32} on.
-- Store::sweep_registry_from.
DELETE FROM registry_team WHERE generation >= {generation:UInt32}
