-- The same of the last report that stands as a whole.
CREATE VIEW published_series AS
SELECT * EXCEPT (generation)
FROM published_series_row
WHERE generation IN (SELECT argMax(generation, (as_of, generation)) FROM published_meta_row)
