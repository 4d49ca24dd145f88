-- Assigned reading of generation {registry:UInt32}, by write-up and time. Store::registry_assignments.
SELECT generation, writeup, from_at, to_at, team, newcomers
FROM registry_assignment
WHERE generation = {registry:UInt32}
ORDER BY writeup, from_at, to_at, team, newcomers
