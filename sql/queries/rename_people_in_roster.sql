-- Gives people other pseudonyms, those of {to:String} for those of {from:String}, numbers with commas.
-- Store::rename_people.
ALTER TABLE landing_person UPDATE
    person = transform(person,
        arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})),
        arrayMap(x -> toUInt128(x), splitByChar(',', {to:String})), person),
    aliases = arrayMap(p -> transform(p,
        arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})),
        arrayMap(x -> toUInt128(x), splitByChar(',', {to:String})), p), aliases)
WHERE hasAny(arrayPushBack(aliases, person), arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})))
