-- All pseudonyms of the people who have one of {people:String}, numbers with commas, as of the registry's
-- generation {registry:UInt32}. Store::all_names.
SELECT pseudonym
FROM registry_person
WHERE generation = {registry:UInt32} AND number IN
(
    SELECT number
    FROM registry_person
    WHERE generation = {registry:UInt32}
        AND has(arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})), pseudonym)
)
ORDER BY pseudonym
