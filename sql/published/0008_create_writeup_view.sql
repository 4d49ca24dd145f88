-- The same of the last report that stands as a whole.
CREATE VIEW published_writeup AS
SELECT * EXCEPT (generation)
FROM published_writeup_row
WHERE generation IN (SELECT argMax(generation, (as_of, generation)) FROM published_meta_row)
