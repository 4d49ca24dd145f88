-- Removes generations before {generation:UInt32}. Store::sweep.
DELETE FROM registry_writeup WHERE generation < {generation:UInt32}
