-- Numbers for pseudonyms that have none yet, after the greatest. Store::assign_person_numbers.
INSERT INTO person_number
SELECT
    pseudonym,
    toUInt32((SELECT max(number) FROM person_number) + row_number() OVER (ORDER BY pseudonym))
FROM
(
    SELECT DISTINCT pseudonym
    FROM
    (
        SELECT DISTINCT person AS pseudonym FROM landing_read
        UNION ALL SELECT DISTINCT person FROM landing_attendance
        UNION ALL SELECT DISTINCT person FROM landing_comment
        UNION ALL SELECT DISTINCT person FROM landing_edit
        UNION ALL SELECT DISTINCT person FROM landing_link
        UNION ALL SELECT DISTINCT person FROM landing_person
        UNION ALL SELECT DISTINCT arrayJoin(aliases) FROM landing_person
        UNION ALL SELECT DISTINCT arrayJoin(contributors) FROM landing_writeup
        UNION ALL SELECT DISTINCT arrayJoin(responders) FROM landing_writeup
        UNION ALL SELECT DISTINCT arrayJoin(reviewers) FROM landing_writeup
        UNION ALL SELECT DISTINCT arrayJoin(facilitators) FROM landing_writeup
    )
    WHERE pseudonym != 0 AND pseudonym NOT IN (SELECT pseudonym FROM person_number)
)
