-- How many people with an event before {as_of:Int64} are excluded by generation {registry:UInt32}, by kind of
-- event; kind '' is all of them together. Store::excluded_people.
WITH
    excluded AS
    (
        SELECT pseudonym, number
        FROM registry_person
        WHERE generation = {registry:UInt32} AND kind = 'excluded'
    ),
    acts AS
    (
        SELECT 'read' AS kind, person FROM landing_read
        WHERE person IN (SELECT pseudonym FROM excluded)
          AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        UNION ALL
        SELECT 'attendance' AS kind, person FROM landing_attendance
        WHERE person IN (SELECT pseudonym FROM excluded)
          AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        UNION ALL
        SELECT 'comment' AS kind, person FROM landing_comment
        WHERE person IN (SELECT pseudonym FROM excluded)
          AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        UNION ALL
        SELECT 'edit' AS kind, person FROM landing_edit
        WHERE person IN (SELECT pseudonym FROM excluded)
          AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        UNION ALL
        SELECT 'link' AS kind, person FROM landing_link
        WHERE person IN (SELECT pseudonym FROM excluded)
          AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
    )
SELECT kind, uniqExact(number) AS people
FROM
(
    SELECT acts.kind AS kind, excluded.number AS number
    FROM acts
    INNER JOIN excluded ON acts.person = excluded.pseudonym
)
GROUP BY GROUPING SETS ((kind), ())
ORDER BY kind
