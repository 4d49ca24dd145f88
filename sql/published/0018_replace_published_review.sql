-- The reviews of the last report that stands as a whole, as before (0009), with those that nobody recorded.
CREATE OR REPLACE VIEW published_review AS
SELECT * EXCEPT (generation)
FROM published_review_row
WHERE generation IN (SELECT argMax(generation, (as_of, generation)) FROM published_meta_row)
