-- Removes what a later report of the day replaced, and what never became whole. Published::sweep.
DELETE FROM published_indicator_row
WHERE (day, generation) NOT IN (SELECT day, max(generation) FROM published_meta_row GROUP BY day)
