-- Links of one place that lead to one write-up by several names, as they do once write-ups were merged:
-- the same evidence (source, place, where it stands; of a chat the instant too, since a channel is no
-- evidence) is one link. It begins with the first of them, and ends when the last of them is gone. One
-- row for each: key, `stands_for_it` (the key of the first, for all), removed_ms (of all together).
-- Names of one write-up that were never two are left to their source: it says what one link is. Links of
-- one name that stand beside each other are several; of another name, each of them is one of these.
CREATE OR REPLACE VIEW doubled_link AS
WITH
    toInt64(9223372036854775807) AS never,
    whole AS
    (
        SELECT DISTINCT merged_into
        FROM registry_writeup
        WHERE generation = {registry:UInt32} AND merged_into != 0
    ),
    named AS
    (
        SELECT
            l.key AS key,
            toString(l.target) AS target,
            toUnixTimestamp64Milli(l.at) AS ms,
            ifNull(toUnixTimestamp64Milli(l.removed_at), never) AS until_ms,
            -- What is left out for a reason of its own doubles nothing that counts.
            tuple(t.number, toString(l.source), toString(l.place), l.stands_in, toString(l.label),
                if(l.place = 'chat', ms, 0), p.kind IN ('bot', 'room', 'service'), p.kind = 'excluded',
                ifNull(ms >= w.deleted_at, false)) AS evidence
        FROM
        (
            SELECT key, source, target, place, stands_in, label, person, at, removed_at
            FROM landing_link FINAL
            WHERE stands_in != '' AND ifNull(removed_at >= at, true)
              AND target IN
                (
                    SELECT target FROM registry_target
                    WHERE generation = {registry:UInt32} AND number IN (SELECT merged_into FROM whole)
                )
        ) AS l
        ASOF LEFT JOIN (SELECT * FROM registry_target WHERE generation = {registry:UInt32}) AS t
            ON l.target = t.target AND toUnixTimestamp64Milli(l.at) >= t.from_ms
        ANY LEFT JOIN (SELECT * FROM registry_person WHERE generation = {registry:UInt32}) AS p
            ON l.person = p.pseudonym
        ANY LEFT JOIN (SELECT * FROM registry_writeup WHERE generation = {registry:UInt32}) AS w
            ON t.number = w.number
        WHERE t.number IN (SELECT merged_into FROM whole)
    ),
    -- How many of the same name stand there already; a hundred are more than any page has.
    counted AS
    (
        SELECT key, target, ms, until_ms, evidence,
            arrayCount(earlier -> earlier > ms, earlier_ones) AS beside
        FROM
        (
            SELECT *, groupArray(100)(until_ms) OVER (PARTITION BY evidence, target ORDER BY ms, key
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_ones
            FROM named
        )
    ),
    -- A life goes on as long as one of them stands.
    lives AS
    (
        SELECT *, sum(begins) OVER (PARTITION BY evidence, beside ORDER BY ms, key) AS life
        FROM
        (
            SELECT *, toUInt64(ms > max(until_ms) OVER (PARTITION BY evidence, beside ORDER BY ms, key
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS begins
            FROM counted
        )
    )
SELECT arrayJoin(all_keys) AS key, stands_for_it, nullIf(last_ms, never) AS removed_ms
FROM
(
    SELECT groupArray(key) AS all_keys, argMin(key, (ms, key)) AS stands_for_it, max(until_ms) AS last_ms
    FROM lives
    GROUP BY evidence, beside, life
    HAVING uniqExact(target) > 1
)
