-- Comments, one row an id, resolved by generation {registry:UInt32} of the registry and labelled:
-- 0 kept, 1 unknown write-up, 2 after deletion, 3 robot, 6 somebody excluded. More than ten comments of
-- one source at one instant were made by an importer, not by people. A target belongs to the write-up that it was at the event's own time.
-- `key` is the comment's own and `parent` that of the comment it answers (0: none): who sent it keys both
-- in the same way.
CREATE OR REPLACE VIEW resolved_comment AS
SELECT
    t.number AS writeup,
    toUnixTimestamp64Milli(c.at) AS ms,
    toUnixTimestamp64Milli(c.deleted_at) AS deleted_ms,
    p.number AS person,
    has(w.contributors, p.number) AND p.number != 0 AS contributor,
    c.key AS key,
    c.parent AS parent,
    c.source AS source,
    multiIf(
        t.number = 0, 1,
        w.deleted_at IS NOT NULL AND ms >= w.deleted_at, 2,
        p.kind = 'excluded', 6,
        p.kind IN ('bot', 'room', 'service') OR c.together > 10, 3,
        0) AS label
FROM
(
    SELECT *, count() OVER (PARTITION BY source, at) AS together
    FROM landing_comment FINAL
) AS c
ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
    ON c.target = t.target AND toUnixTimestamp64Milli(c.at) >= t.from_ms
ANY LEFT JOIN (SELECT * FROM registry_person WHERE generation = {registry:UInt32}) AS p
    ON c.person = p.pseudonym
ANY LEFT JOIN (SELECT * FROM registry_writeup WHERE generation = {registry:UInt32}) AS w
    ON t.number = w.number
