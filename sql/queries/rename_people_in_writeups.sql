-- Gives people other pseudonyms, those of {to:String} for those of {from:String}, numbers with commas.
-- Store::rename_people.
ALTER TABLE landing_writeup UPDATE
    contributors = arrayMap(p -> transform(p,
        arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})),
        arrayMap(x -> toUInt128(x), splitByChar(',', {to:String})), p), contributors),
    responders = arrayMap(p -> transform(p,
        arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})),
        arrayMap(x -> toUInt128(x), splitByChar(',', {to:String})), p), responders)
WHERE hasAny(arrayConcat(contributors, responders), arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})))
