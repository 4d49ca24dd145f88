-- How many people with an event before {as_of:Int64} are excluded by generation {registry:UInt32}.
-- Store::excluded_people.
WITH excluded AS
(
    SELECT pseudonym, number
    FROM registry_person
    WHERE generation = {registry:UInt32} AND kind = 'excluded'
)
SELECT uniqExact(number)
FROM excluded
WHERE pseudonym IN
    (
        SELECT person FROM landing_read
        WHERE person IN (SELECT pseudonym FROM excluded)
          AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        UNION ALL SELECT person FROM landing_attendance
        WHERE person IN (SELECT pseudonym FROM excluded)
          AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        UNION ALL SELECT person FROM landing_comment
        WHERE person IN (SELECT pseudonym FROM excluded)
          AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        UNION ALL SELECT person FROM landing_edit
        WHERE person IN (SELECT pseudonym FROM excluded)
          AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
        UNION ALL SELECT person FROM landing_link
        WHERE person IN (SELECT pseudonym FROM excluded)
          AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
    )
