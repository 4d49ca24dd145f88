-- Reach::newcomers: one row for everybody who joined in [{since:Int64}, {as_of:Int64}), without who it is: when
-- they joined and left, when they first read a write-up that was published before they joined, and the same
-- without reads that were assigned and those less than or just a day away from one. {registry:UInt32}
-- Store::newcomers
WITH
    newcomer AS
    (
        SELECT number, any(joined_at) AS joined, any(left_at) AS left
        FROM registry_person
        WHERE generation = {registry:UInt32}
          AND kind = 'person'
          AND joined_at >= {since:Int64}
          AND joined_at < {as_of:Int64}
        GROUP BY number
    ),
    told AS
    (
        SELECT person, groupArray(ms) AS instants
        FROM kept_read(as_of = {as_of:Int64})
        WHERE assigned
          AND ms >= {since:Int64} - 86400000
          AND person IN (SELECT number FROM newcomer)
        GROUP BY person
    ),
    first_read AS
    (
        SELECT
            r.person AS person,
            min(r.ms) AS first_at,
            minOrNullIf(r.ms, NOT arrayExists(told_at -> abs(told_at - r.ms) <= 86400000, t.instants)) AS free_at
        FROM
        (
            SELECT person, writeup, ms
            FROM kept_read(as_of = {as_of:Int64})
            WHERE ms >= {since:Int64} AND person IN (SELECT number FROM newcomer)
        ) AS r
        INNER JOIN newcomer AS n ON r.person = n.number
        INNER JOIN
        (
            SELECT number, assumeNotNull(published_at) AS published
            FROM registry_writeup
            WHERE generation = {registry:UInt32} AND published_at IS NOT NULL
        ) AS w ON r.writeup = w.number
        LEFT JOIN told AS t ON r.person = t.person
        WHERE r.ms >= n.joined AND w.published < n.joined
        GROUP BY person
    )
SELECT
    toInt64(assumeNotNull(n.joined)) AS joined,
    n.left AS left,
    if(f.person = 0, NULL, f.first_at) AS first_at,
    if(f.person = 0, NULL, f.free_at) AS free_at
FROM newcomer AS n
LEFT JOIN first_read AS f ON n.number = f.person
ORDER BY joined, left, first_at, free_at
