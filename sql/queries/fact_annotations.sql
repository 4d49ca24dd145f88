-- day, text, acts_on, removed, version: the last word on each annotation, the oldest day first. One that was
-- taken back is among them, since what is said of it next has to come after. Store::annotations.
SELECT day, text, toString(argMax(acts_on, a.version)) AS acts_on, argMax(removed, a.version) AS removed,
    max(a.version) AS version
FROM (SELECT * FROM landing_annotation FINAL) AS a
GROUP BY day, text
ORDER BY day, text
