-- Whoever gets another pseudonym keeps the number: those of {to:String} for those of {from:String}, numbers
-- with commas. Store::rename_people.
INSERT INTO person_number
SELECT arrayMap(x -> toUInt128(x), splitByChar(',', {to:String}))[
    indexOf(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), pseudonym)] AS renamed, number
FROM person_number FINAL
WHERE has(arrayMap(x -> toUInt128(x), splitByChar(',', {from:String})), pseudonym)
