-- Gives people other pseudonyms, those of {to:String} for those of {from:String}, numbers with commas.
-- Store::rename_people.
ALTER TABLE landing_person UPDATE
    person = if(has(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), person),
        arrayMap(x -> toUInt128(x), splitByChar(',', {to:String}))[
            indexOf(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), person)], person),
    aliases = arrayMap(p -> if(has(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), p),
        arrayMap(x -> toUInt128(x), splitByChar(',', {to:String}))[
            indexOf(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), p)], p), aliases),
    apart = arrayMap(p -> if(has(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), p),
        arrayMap(x -> toUInt128(x), splitByChar(',', {to:String}))[
            indexOf(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), p)], p), apart)
WHERE hasAny(arrayPushBack(arrayConcat(aliases, apart), person), arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})))
