-- Rows of {table:Identifier} that hold one of {people:String}, numbers with commas. Store::people_found.
SELECT count()
FROM {table:Identifier}
WHERE has(arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})), {column:Identifier})
