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
    read AS
    (
        SELECT
            person,
            writeup,
            ms,
            assigned,
            ifNull(maxOrNullIf(ms, assigned) OVER (
                PARTITION BY person ORDER BY ms
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) + 86400000 >= ms, false) AS after_told,
            ifNull(minOrNullIf(ms, assigned) OVER (
                PARTITION BY person ORDER BY ms
                ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) - 86400000 <= ms, false) AS before_told
        FROM kept_read(as_of = {as_of:Int64})
        WHERE person IN (SELECT number FROM newcomer)
    ),
    first_read AS
    (
        SELECT
            r.person AS person,
            min(r.ms) AS first_at,
            minOrNullIf(r.ms, NOT (r.after_told OR r.before_told)) AS free_at
        FROM read AS r
        INNER JOIN newcomer AS n ON r.person = n.number
        INNER JOIN
        (
            SELECT number, assumeNotNull(published_at) AS published
            FROM registry_writeup
            WHERE generation = {registry:UInt32} AND published_at IS NOT NULL
        ) AS w ON r.writeup = w.number
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
