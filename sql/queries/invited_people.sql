-- Pseudonyms of those who are invited to a meeting. {meeting:UInt64} Store::invited.
SELECT DISTINCT person
FROM landing_attendance FINAL
WHERE meeting = {meeting:UInt64} AND person != 0 AND (role != '' OR partstat != '')
    AND NOT endsWith(target, ':retracted')
