-- Links that count, with the part that each plays as of {as_of:Int64}. What its source stated comes
-- first; then `index`: its page has standing links to more than {index_writeups:UInt64} write-ups, or to
-- more than {index_team_share:Float64} and at least {index_team_least:UInt64} of those of one team; then
-- `follow_up`: made until {follow_up_ms:Int64} after publication (of a draft, too) by somebody who wrote
-- the write-up or responded, or of a team that did; then `uptake`. A channel of a chat is no page.
CREATE OR REPLACE VIEW played_link AS
WITH
    kept AS
    (
        SELECT * FROM resolved_link(registry = {registry:UInt32})
        WHERE label = 0 AND ms < {as_of:Int64}
    ),
    standing AS
    (
        SELECT DISTINCT source, page, writeup
        FROM kept
        WHERE page != '' AND place != 'chat' AND NOT own
          AND ifNull(removed_ms >= {as_of:Int64}, true)
          AND ifNull(target_deleted_ms >= {as_of:Int64}, true)
    ),
    owned AS
    (
        SELECT number, assumeNotNull(owner_team) AS team
        FROM registry_writeup
        WHERE generation = {registry:UInt32} AND merged_into = 0 AND ifNull(owner_team, '') != ''
          AND ifNull(deleted_at >= {as_of:Int64}, true)
          AND ifNull(published_at < {as_of:Int64}, true)
    ),
    listing AS
    (
        SELECT source, page
        FROM standing
        GROUP BY source, page
        HAVING count() > {index_writeups:UInt64}
        UNION DISTINCT
        SELECT s.source AS source, s.page AS page
        FROM standing AS s
        INNER JOIN owned AS o ON s.writeup = o.number
        INNER JOIN (SELECT team, count() AS writeups FROM owned GROUP BY team) AS a ON o.team = a.team
        GROUP BY s.source, s.page, o.team
        HAVING count() >= {index_team_least:UInt64}
           AND count() > {index_team_share:Float64} * any(a.writeups)
    )
SELECT
    *,
    multiIf(
        role != '', toString(role),
        page != '' AND place != 'chat' AND (source, page) IN (SELECT source, page FROM listing), 'index',
        (took_part OR of_owner) AND ifNull(ms < published_ms + {follow_up_ms:Int64}, false), 'follow_up',
        'uptake') AS part
FROM kept
