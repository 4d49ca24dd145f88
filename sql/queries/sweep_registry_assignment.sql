-- Removes generations before {generation:UInt32}. Store::sweep.
DELETE FROM registry_assignment WHERE generation < {generation:UInt32}
