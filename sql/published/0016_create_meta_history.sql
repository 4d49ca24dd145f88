-- The same of every day's last report.
CREATE VIEW published_meta_history AS
SELECT * EXCEPT (generation)
FROM published_meta_row
WHERE (day, generation) IN (SELECT day, max(generation) FROM published_meta_row GROUP BY day)
