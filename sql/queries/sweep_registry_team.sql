-- Removes generations before {generation:UInt32}. Store::sweep.
DELETE FROM registry_team WHERE generation < {generation:UInt32}
