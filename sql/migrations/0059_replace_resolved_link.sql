-- Links, one row an id, resolved and labelled as in `resolved_comment`. `own` is a write-up that
-- links to itself; `stands_on` is the write-up on whose page the link stands, 0 if none. A target
-- belongs to the write-up that it was at the event's own time. Label 7: in what a program or others
-- wrote; 8: in a history that no branch leads to any more.
CREATE OR REPLACE VIEW resolved_link AS
SELECT
    t.number AS writeup,
    l.place AS place,
    l.stands_in AS stands_in,
    l.role AS role,
    l.form AS form,
    toUnixTimestamp64Milli(l.at) AS ms,
    toUnixTimestamp64Milli(l.removed_at) AS removed_ms,
    w.deleted_at AS target_deleted_ms,
    g.number AS stands_on,
    g.number != 0 AND g.number = t.number AS own,
    multiIf(
        t.number = 0, 1,
        w.deleted_at IS NOT NULL AND ms >= w.deleted_at, 2,
        p.kind = 'excluded', 6,
        p.kind IN ('bot', 'room', 'service'), 3,
        l.label = 'unreachable', 8,
        l.label != '', 7,
        0) AS label
FROM (SELECT * FROM landing_link FINAL) AS l
ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
    ON l.target = t.target AND toUnixTimestamp64Milli(l.at) >= t.from_ms
ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS g
    ON l.page = g.target AND toUnixTimestamp64Milli(l.at) >= g.from_ms
ANY LEFT JOIN (SELECT * FROM registry_person WHERE generation = {registry:UInt32}) AS p
    ON l.person = p.pseudonym
ANY LEFT JOIN (SELECT * FROM registry_writeup WHERE generation = {registry:UInt32}) AS w
    ON t.number = w.number
