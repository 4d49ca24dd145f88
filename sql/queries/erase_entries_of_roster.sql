-- Removes the roster's entries of people. {people:String} are pseudonyms, numbers with commas.
-- Store::erase_people.
ALTER TABLE landing_person DELETE
WHERE has(arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})), person)
