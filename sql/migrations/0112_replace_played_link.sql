-- The same as before (0075); the links of a page are counted where they stand, so that they are resolved once less.
-- Links that count, with the part that each plays as of {as_of:Int64}. What its source stated comes
-- first; then `index`: its page was a list at some instant of its life; then `follow_up`: made until
-- {follow_up_ms:Int64} after publication (of a draft and of an undated write-up, too) by somebody who wrote
-- the write-up or responded, or of a team that did; then `uptake`. A channel of a chat is no page, and a
-- link that was removed before it was made is none.
-- A page is judged whenever a link on it begins to stand: it is a list if then more than
-- {index_writeups:UInt64} write-ups have a standing link on it; or, when one to a published write-up of a
-- team begins to stand, at least {index_team_least:UInt64} of the team's and more than
-- {index_team_share:Float64} of what the team has published and not deleted then. Write-ups of which no
-- team is known are those of one more team. So no later removal, deletion or publication makes uptake of
-- what was an entry of a list.
CREATE OR REPLACE VIEW played_link AS
WITH
    kept AS
    (
        SELECT
            *,
            least(ifNull(removed_ms, {as_of:Int64}), ifNull(target_deleted_ms, {as_of:Int64}),
                {as_of:Int64}) AS until_ms
        FROM resolved_link(registry = {registry:UInt32})
        WHERE label = 0 AND ms < {as_of:Int64} AND ifNull(removed_ms >= ms, true)
    ),
    owned AS
    (
        -- No team's name is the scope of all.
        SELECT number, concat('of ', ifNull(toString(owner_team), '')) AS team, published_at, deleted_at
        FROM registry_writeup
        WHERE generation = {registry:UInt32} AND merged_into = 0
    ),
    -- How many write-ups a team has from then on.
    sizes AS
    (
        SELECT team AS of_team_name, t AS size_ms, sum(step) OVER (PARTITION BY team ORDER BY t) AS size
        FROM
        (
            SELECT team, change.1 AS t, sum(change.2) AS step
            FROM owned
            ARRAY JOIN arrayConcat(
                [(ifNull(published_at, toInt64(-9223372036854775808)), toInt64(1))],
                if(isNull(deleted_at), [], [(assumeNotNull(deleted_at), toInt64(-1))])) AS change
            GROUP BY team, t
        )
    ),
    -- Each link on a page, once among all (scope '') and once among those of its team.
    spans AS
    (
        SELECT k.source AS source, k.page AS page, k.writeup AS writeup, k.until_ms AS until_ms,
            scoped.1 AS scope, scoped.2 AS from_ms
        FROM
        (
            SELECT source, page, writeup, place, own, ms, until_ms, published_ms,
                uniqExact(writeup) OVER (PARTITION BY source, page) AS on_page
            FROM kept
            WHERE page != ''
        ) AS k
        LEFT JOIN owned AS o ON k.writeup = o.number
        ARRAY JOIN arrayConcat(
            [('', k.ms)],
            if(o.team = '', [], [(o.team, greatest(k.ms, ifNull(k.published_ms, k.ms)))])) AS scoped
        WHERE k.place != 'chat' AND NOT k.own AND from_ms < until_ms
          -- Most pages never had links to as many as it takes.
          AND k.on_page >= least({index_writeups:UInt64} + 1, {index_team_least:UInt64})
    ),
    -- Write-ups with a standing link from then on; those with several count once.
    standing AS
    (
        SELECT source, page, scope, t, begins,
            sum(step) OVER (PARTITION BY source, page, scope ORDER BY t) AS writeups
        FROM
        (
            SELECT source, page, scope, t, max(starts) AS begins,
                sum(toInt64(open > 0) - toInt64(open - delta > 0)) AS step
            FROM
            (
                SELECT source, page, scope, t, starts, delta,
                    sum(delta) OVER (PARTITION BY source, page, scope, writeup ORDER BY t) AS open
                FROM
                (
                    SELECT source, page, scope, writeup, change.1 AS t, sum(change.2) AS delta,
                        max(change.2) > 0 AS starts
                    FROM spans
                    ARRAY JOIN [(from_ms, toInt64(1)), (until_ms, toInt64(-1))] AS change
                    GROUP BY source, page, scope, writeup, t
                )
            )
            GROUP BY source, page, scope, t
        )
    ),
    listing AS
    (
        SELECT DISTINCT s.source AS list_source, s.page AS list_page, s.t AS list_ms, 1 AS is_list
        FROM standing AS s
        ASOF LEFT JOIN sizes AS a ON s.scope = a.of_team_name AND s.t >= a.size_ms
        WHERE s.begins
          AND if(s.scope = '',
            s.writeups > {index_writeups:UInt64},
            s.writeups >= {index_team_least:UInt64}
                AND s.writeups > {index_team_share:Float64} * a.size)
    )
SELECT
    k.*,
    multiIf(
        k.role != '', toString(k.role),
        k.page != '' AND k.place != 'chat' AND l.is_list = 1 AND l.list_ms < k.until_ms, 'index',
        (k.took_part OR k.of_owner) AND ifNull(k.ms < k.published_ms + {follow_up_ms:Int64}, true),
        'follow_up',
        'uptake') AS part
FROM kept AS k
ASOF LEFT JOIN listing AS l
    ON k.source = l.list_source AND k.page = l.list_page AND k.ms <= l.list_ms
