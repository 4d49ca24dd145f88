-- Ids of write-ups that name one of {people:String}, numbers with commas, in any role. Store::writeups_of.
SELECT DISTINCT id
FROM landing_writeup
WHERE hasAny(
    arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})),
    arrayConcat(contributors, responders, reviewers, facilitators)
)
