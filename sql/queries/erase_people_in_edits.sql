-- Takes people out of events, and what else would tell these from others. {people:String} are pseudonyms,
-- numbers with commas. Store::erase_people.
ALTER TABLE landing_edit UPDATE person = 0, team = ''
WHERE has(arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})), person)
