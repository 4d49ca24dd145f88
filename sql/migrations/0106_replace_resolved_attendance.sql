-- Invitations and presences as before (0087), with the ends of stays: one row for each end. fact_attendance puts
-- them together.
CREATE OR REPLACE VIEW resolved_attendance AS
SELECT
    a.key AS key,
    t.number AS writeup,
    a.meeting AS meeting,
    toUnixTimestamp64Milli(a.at) AS ms,
    p.number AS person,
    a.role AS role,
    a.partstat AS partstat,
    a.role_stated AS role_stated,
    toString(a.via) AS via,
    a.meeting_ms AS meeting_ms,
    a.attended AS attended,
    a.present_ms AS present_ms,
    a.spoke_ms AS spoke_ms,
    a.mandatory AS mandatory,
    toString(a.team) AS stated_team,
    if(ms < m.to_at, toString(m.team), '') AS roster_team,
    a.source AS source,
    a.opening AS opening,
    a.device AS device,
    a.account AS account,
    a.attendee AS attendee,
    toUnixTimestamp64Milli(a.joined_at) AS joined_ms,
    toUnixTimestamp64Milli(a.left_at) AS left_ms,
    has(w.responders, p.number) AND p.number != 0 AS responder,
    multiIf(
        t.number = 0 AND a.target != '', 1,
        w.deleted_at IS NOT NULL AND ms >= w.deleted_at, 2,
        p.kind = 'excluded', 6,
        p.kind IN ('bot', 'room', 'service'), 3,
        0) AS label
FROM (SELECT * FROM landing_attendance FINAL) AS a
ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
    ON a.target = t.target AND toUnixTimestamp64Milli(a.at) >= t.from_ms
ANY LEFT JOIN (SELECT * FROM registry_person WHERE generation = {registry:UInt32}) AS p
    ON a.person = p.pseudonym
ANY LEFT JOIN (SELECT * FROM registry_writeup WHERE generation = {registry:UInt32}) AS w
    ON t.number = w.number
ASOF LEFT JOIN (SELECT * FROM registry_team WHERE generation = {registry:UInt32}) AS m
    ON p.number = m.number AND toUnixTimestamp64Milli(a.at) >= m.from_at
