-- Gives people other pseudonyms, those of {to:String} for those of {from:String}, numbers with commas.
-- Store::rename_people.
ALTER TABLE landing_comment UPDATE person = transform(person,
    arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})),
    arrayMap(x -> toUInt128(x), splitByChar(',', {to:String})), person)
WHERE has(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), person)
