-- Every pseudonym that did something, was invited, or stands in a role of a write-up. Store::acting_people.
SELECT DISTINCT pseudonym
FROM
(
    SELECT DISTINCT person AS pseudonym FROM landing_read
    UNION ALL SELECT DISTINCT person FROM landing_attendance
    UNION ALL SELECT DISTINCT person FROM landing_comment
    UNION ALL SELECT DISTINCT person FROM landing_edit
    UNION ALL SELECT DISTINCT person FROM landing_link
    UNION ALL SELECT DISTINCT arrayJoin(contributors) FROM landing_writeup
    UNION ALL SELECT DISTINCT arrayJoin(responders) FROM landing_writeup
    UNION ALL SELECT DISTINCT arrayJoin(reviewers) FROM landing_writeup
    UNION ALL SELECT DISTINCT arrayJoin(facilitators) FROM landing_writeup
)
WHERE pseudonym != 0
ORDER BY pseudonym
