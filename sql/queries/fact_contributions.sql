-- Facts::contributions: what people who were ever invited to a review, or came, added to write-ups that
-- were reviewed: comments that stand, edits, and links that lead there from elsewhere, whatever became of
-- them.
-- {as_of:Int64} {registry:UInt32}
SELECT DISTINCT writeup, person, ms AS at
FROM
(
    SELECT writeup, person, ms
    FROM resolved_comment(registry = {registry:UInt32})
    WHERE label = 0 AND (deleted_ms IS NULL OR deleted_ms >= {as_of:Int64})
    UNION ALL
    SELECT writeup, person, ms
    FROM resolved_edit(registry = {registry:UInt32})
    WHERE label = 0
    UNION ALL
    SELECT l.writeup, p.number AS person, l.ms
    FROM resolved_link(registry = {registry:UInt32}) AS l
    INNER JOIN (SELECT key, person FROM landing_link FINAL) AS k ON l.key = k.key
    INNER JOIN (SELECT * FROM registry_person WHERE generation = {registry:UInt32}) AS p
        ON k.person = p.pseudonym
    WHERE l.label = 0 AND NOT l.own AND ifNull(l.removed_ms >= l.ms, true)
      AND l.role NOT IN ('index', 'template')
)
WHERE person != 0 AND ms < {as_of:Int64}
  AND person IN (SELECT person FROM resolved_attendance(registry = {registry:UInt32}) WHERE label = 0)
  AND writeup IN
  (
      SELECT writeup FROM resolved_attendance(registry = {registry:UInt32}) WHERE label = 0
      UNION ALL
      SELECT writeup FROM resolved_meeting(registry = {registry:UInt32}) WHERE label = 0
  )
ORDER BY writeup, at, person
