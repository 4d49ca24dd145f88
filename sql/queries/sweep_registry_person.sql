-- Removes generations before {generation:UInt32}. Store::sweep.
DELETE FROM registry_person WHERE generation < {generation:UInt32}
