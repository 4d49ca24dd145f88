-- R6, by write-up: counters, what they added, and how much of it is uncertain. {as_of:Int64}
SELECT
    writeup,
    uniqExact(counter) AS counters,
    sum(s.added) AS added,
    sumIf(s.added, gap) AS imputed,
    countIf(gap) AS gaps,
    countIf(fall = 1) AS resets,
    countIf(fall = 2) AS corrections
FROM counter_step(as_of = {as_of:Int64}) AS s
GROUP BY writeup
ORDER BY writeup
