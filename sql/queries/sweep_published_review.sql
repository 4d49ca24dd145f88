-- Removes all but the last report's. Published::sweep.
DELETE FROM published_review_row
WHERE generation NOT IN (SELECT argMax(generation, (as_of, generation)) FROM published_meta_row)
