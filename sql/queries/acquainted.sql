-- authors, readers, both: how many people write-ups name as contributors, how many are named as readers, and
-- how many of the first are among the second, by the last generation of the registry. Store::acquainted.
WITH
    author AS
    (
        SELECT DISTINCT arrayJoin(contributors) AS number
        FROM registry_writeup
        WHERE generation = (SELECT max(generation) FROM derive_run)
    ),
    reader AS
    (
        SELECT DISTINCT person AS number
        FROM derived_read
        WHERE person != 0 AND label IN (0, 4, 5, 9)
          AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
    )
SELECT a.n AS authors, r.n AS readers, b.n AS both
FROM (SELECT count() AS n FROM author) AS a,
    (SELECT count() AS n FROM reader) AS r,
    (SELECT count() AS n FROM author WHERE number IN reader) AS b
