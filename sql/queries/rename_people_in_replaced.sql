-- Gives people other pseudonyms in what imports replaced, those of {to:String} for those of {from:String}, numbers with commas.
-- Store::rename_people.
ALTER TABLE replaced_attendance UPDATE
    person = if(has(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), person),
        arrayMap(x -> toUInt128(x), splitByChar(',', {to:String}))[
            indexOf(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), person)], person)
WHERE has(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), person)
