-- Changes to write-ups, one row an id, resolved and labelled as in `resolved_comment`. A target
-- belongs to the write-up that it was at the event's own time.
CREATE OR REPLACE VIEW resolved_edit AS
SELECT
    t.number AS writeup,
    toUnixTimestamp64Milli(e.at) AS ms,
    p.number AS person,
    e.minor AS minor,
    multiIf(
        t.number = 0, 1,
        w.deleted_at IS NOT NULL AND ms >= w.deleted_at, 2,
        p.kind = 'excluded', 6,
        p.kind IN ('bot', 'room', 'service'), 3,
        0) AS label
FROM (SELECT * FROM landing_edit FINAL) AS e
ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
    ON e.target = t.target AND toUnixTimestamp64Milli(e.at) >= t.from_ms
ANY LEFT JOIN (SELECT * FROM registry_person WHERE generation = {registry:UInt32}) AS p
    ON e.person = p.pseudonym
ANY LEFT JOIN (SELECT * FROM registry_writeup WHERE generation = {registry:UInt32}) AS w
    ON t.number = w.number
