-- Gives people other pseudonyms, those of {to:String} for those of {from:String}, numbers with commas.
-- Store::rename_people.
ALTER TABLE landing_writeup UPDATE
    contributors = arrayMap(p -> if(has(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), p),
        arrayMap(x -> toUInt128(x), splitByChar(',', {to:String}))[
            indexOf(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), p)], p), contributors),
    responders = arrayMap(p -> if(has(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), p),
        arrayMap(x -> toUInt128(x), splitByChar(',', {to:String}))[
            indexOf(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), p)], p), responders),
    reviewers = arrayMap(p -> if(has(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), p),
        arrayMap(x -> toUInt128(x), splitByChar(',', {to:String}))[
            indexOf(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), p)], p), reviewers),
    facilitators = arrayMap(p -> if(has(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), p),
        arrayMap(x -> toUInt128(x), splitByChar(',', {to:String}))[
            indexOf(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), p)], p), facilitators)
WHERE hasAny(arrayConcat(contributors, responders, reviewers, facilitators), arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})))
