-- id, number: numbers are kept from one generation of the registry to the next.
-- Store::writeup_numbers.
SELECT id, min(number) AS number FROM registry_writeup GROUP BY id ORDER BY number
