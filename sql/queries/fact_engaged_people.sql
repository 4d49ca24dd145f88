-- R5: distinct people behind reads of a known engaged time; reads without any, and the people behind
-- these. {as_of:Int64}
SELECT
    uniqExactIf(person, person != 0 AND engaged_ms > 0) AS engaged,
    countIf(engaged_ms = 0) AS zero,
    uniqExactIf(person, person != 0 AND engaged_ms = 0) AS zero_people
FROM kept_read(as_of = {as_of:Int64})
WHERE engaged_ms IS NOT NULL
