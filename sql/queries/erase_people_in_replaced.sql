-- Takes people out of what imports replaced, and what else would tell these from others. {people:String} are pseudonyms,
-- numbers with commas. Store::erase_people.
ALTER TABLE replaced_attendance UPDATE person = 0, team = ''
WHERE has(arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})), person)
