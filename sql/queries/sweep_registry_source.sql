-- Removes generations before {generation:UInt32}. Store::sweep.
DELETE FROM registry_source WHERE generation < {generation:UInt32}
