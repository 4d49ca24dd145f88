-- The generation after every one that was ever begun. Store::begin_derive.
SELECT toUInt32(max(generation) + 1)
FROM
(
    SELECT max(generation) AS generation FROM derive_start
    UNION ALL
    SELECT max(generation) FROM derive_run
)
