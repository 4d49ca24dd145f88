-- How many hours are looked at more closely. Store::find_machines.
SELECT count() FROM staged_machine WHERE NOT found
