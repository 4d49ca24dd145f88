-- Removes generations before {generation:UInt32}. Store::sweep.
DELETE FROM registry_target WHERE generation < {generation:UInt32}
