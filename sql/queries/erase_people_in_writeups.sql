-- Takes people out of what is said of write-ups. {people:String} are pseudonyms, numbers with commas.
-- Store::erase_people.
ALTER TABLE landing_writeup UPDATE
    contributors = arrayFilter(p -> NOT has(arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})), p), contributors),
    responders = arrayFilter(p -> NOT has(arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})), p), responders),
    reviewers = arrayFilter(p -> NOT has(arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})), p), reviewers),
    facilitators = arrayFilter(p -> NOT has(arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})), p), facilitators)
WHERE hasAny(arrayConcat(contributors, responders, reviewers, facilitators), arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})))
