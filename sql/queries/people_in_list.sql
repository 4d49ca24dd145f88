-- Rows of {table:Identifier} that list one of {people:String}, numbers with commas. Store::people_found.
SELECT count()
FROM {table:Identifier}
WHERE hasAny(arrayMap(x -> toUInt128(x), splitByChar(',', {people:String})), {column:Identifier})
