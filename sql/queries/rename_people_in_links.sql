-- Gives people other pseudonyms, those of {to:String} for those of {from:String}, numbers with commas.
-- Store::rename_people.
ALTER TABLE landing_link UPDATE
    person = if(has(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), person),
        arrayMap(x -> toUInt128(x), splitByChar(',', {to:String}))[
            indexOf(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), person)], person)
WHERE has(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), person)
