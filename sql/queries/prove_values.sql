-- {table:Identifier}, {column:Identifier}: every value once, as text. Store::values.
SELECT DISTINCT ifNull(toString({column:Identifier}), '') AS value
FROM {table:Identifier}
