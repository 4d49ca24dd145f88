-- {table:Identifier}, {column:Identifier}: every pseudonym once, of single ones and of lists. Nought is
-- nobody. Store::pseudonyms.
SELECT DISTINCT arrayJoin(arrayFlatten([{column:Identifier}])) AS pseudonym
FROM {table:Identifier}
WHERE pseudonym > 0
