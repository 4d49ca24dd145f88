-- What is known of meetings beside their attendees as before (0093), with how many rooms and telephones were there.
CREATE OR REPLACE VIEW resolved_meeting AS
SELECT
    a.key AS key,
    a.version AS version,
    a.source AS source,
    t.number AS writeup,
    toUnixTimestamp64Milli(a.at) AS ms,
    a.meeting AS meeting,
    a.spoke AS spoke,
    a.facilitators_spoke AS facilitators_spoke,
    a.speaking_ms AS speaking_ms,
    a.meeting_ms AS meeting_ms,
    a.accounts AS accounts,
    a.changes AS changes,
    a.watched AS watched,
    a.rooms AS rooms,
    a.form AS form,
    a.open AS open,
    a.mandatory AS mandatory,
    multiIf(
        t.number = 0 AND a.target != '', 1,
        w.deleted_at IS NOT NULL AND ms >= w.deleted_at, 2,
        0) AS label
FROM (SELECT * FROM landing_meeting FINAL) AS a
ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
    ON a.target = t.target AND toUnixTimestamp64Milli(a.at) >= t.from_ms
ANY LEFT JOIN (SELECT * FROM registry_writeup WHERE generation = {registry:UInt32}) AS w
    ON t.number = w.number
