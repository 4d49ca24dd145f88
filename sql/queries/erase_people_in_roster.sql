-- Takes people out of other people's entries of the roster. {people:String} are pseudonyms, numbers with
-- commas. Store::erase_people.
ALTER TABLE landing_person UPDATE
    aliases = arrayFilter(p -> NOT has(arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})), p), aliases),
    apart = arrayFilter(p -> NOT has(arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})), p), apart)
WHERE hasAny(arrayConcat(aliases, apart), arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})))
