-- {table:Identifier}, {column:Identifier}, {pattern:String}: rows, and those that match. Store::texts.
SELECT count() AS rows, countIf(match(toString({column:Identifier}), {pattern:String})) AS found
FROM {table:Identifier}
