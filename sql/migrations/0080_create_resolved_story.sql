-- Counts of story rounds, one row an id, resolved and labelled as in `resolved_meeting`. A round is held
-- after what it tells of was deleted, too, and then names what is there no more: label 2.
CREATE OR REPLACE VIEW resolved_story AS
SELECT
    a.key AS key,
    a.version AS version,
    t.number AS writeup,
    toUnixTimestamp64Milli(a.at) AS ms,
    a.round AS round,
    a.count AS count,
    a.label AS title,
    multiIf(
        t.number = 0 AND a.target != '', 1,
        w.deleted_at IS NOT NULL AND ms >= w.deleted_at, 2,
        0) AS label
FROM (SELECT * FROM landing_story FINAL) AS a
ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
    ON a.target = t.target AND toUnixTimestamp64Milli(a.at) >= t.from_ms
ANY LEFT JOIN (SELECT * FROM registry_writeup WHERE generation = {registry:UInt32}) AS w
    ON t.number = w.number
