-- Removes what a later report of the day replaced, what never became whole, and of earlier days the words for
-- what was watched: they may name what is restricted by now. Published::sweep.
DELETE FROM published_health_row
WHERE (day, generation) NOT IN (SELECT day, max(generation) FROM published_meta_row GROUP BY day)
    OR (
        path LIKE '/coverage/%/scope'
        AND generation NOT IN (SELECT argMax(generation, (as_of, generation)) FROM published_meta_row)
    )
