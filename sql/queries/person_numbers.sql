-- pseudonym, number. Store::person_numbers.
SELECT pseudonym, min(number) AS number FROM person_number GROUP BY pseudonym ORDER BY number
