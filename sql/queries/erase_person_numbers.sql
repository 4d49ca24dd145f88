-- Removes the numbers of {people:String}, pseudonyms as numbers with commas. Store::erase_people.
ALTER TABLE person_number DELETE
WHERE has(arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})), pseudonym)
