-- Links, one row an id, resolved and labelled as before. Of those that are one link since their write-ups
-- were merged (doubled_link) the first has the life of all; the others are labelled 12.
CREATE OR REPLACE VIEW resolved_link AS
SELECT
    l.key AS key,
    toString(l.source) AS source,
    toString(l.target) AS target,
    l.page AS page,
    t.number AS writeup,
    l.place AS place,
    l.stands_in AS stands_in,
    l.role AS role,
    l.form AS form,
    toUnixTimestamp64Milli(l.at) AS ms,
    -- A column of a join that finds nothing is 0, and no key is.
    d.stands_for_it != 0 AND d.stands_for_it != l.key AS is_doubled,
    if(d.stands_for_it = l.key, d.removed_ms, toUnixTimestamp64Milli(l.removed_at)) AS removed_ms,
    w.published_at AS published_ms,
    w.deleted_at AS target_deleted_ms,
    g.number AS stands_on,
    g.number != 0 AND g.number = t.number AS own,
    p.kind IN ('bot', 'room', 'service') AS is_robot,
    p.kind = 'excluded' AS is_excluded,
    toString(l.label) AS stated_label,
    p.number != 0 AND (has(w.contributors, p.number) OR has(w.responders, p.number)) AS took_part,
    multiIf(l.team != '', toString(l.team), ms < m.to_at, toString(m.team), '') AS of_team,
    of_team != '' AND (of_team = ifNull(w.owner_team, '') OR has(w.contributor_teams, of_team))
        AS of_owner,
    multiIf(
        t.number = 0, 1,
        is_doubled, 12,
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
ANY LEFT JOIN (SELECT * FROM doubled_link(registry = {registry:UInt32})) AS d
    ON l.key = d.key
ANY LEFT JOIN (SELECT * FROM registry_writeup WHERE generation = {registry:UInt32}) AS w
    ON t.number = w.number
ASOF LEFT JOIN (SELECT * FROM registry_team WHERE generation = {registry:UInt32}) AS m
    ON p.number = m.number AND toUnixTimestamp64Milli(l.at) >= m.from_at
