-- P3: distinct people known among the readers of each local month, of write-ups younger than {late:Int32} days and
-- of others: month (its first day, days since 1970), is_late, people. Each person is in at most {bound:UInt32} of
-- these cells, of more in so many drawn by lot: then one person more or less changes the sum of all cells by no
-- more. Local days in [{from:Int32}, {until:Int32}). {as_of:Int64} {tz:String}. Store::noised_readers
SELECT month, is_late, count() AS people
FROM
(
    SELECT person, month, is_late
    FROM
    (
        SELECT DISTINCT
            person,
            toInt32(toDate32(toStartOfMonth(toDate32(at, {tz:String})))) AS month,
            age_day >= {late:Int32} AS is_late
        FROM kept_read(as_of = {as_of:Int64})
        WHERE person != 0 AND age_day >= 0
          AND toInt32(toDate32(at, {tz:String})) >= {from:Int32}
          AND toInt32(toDate32(at, {tz:String})) < {until:Int32}
    )
    ORDER BY person, rand64()
    LIMIT {bound:UInt32} BY person
)
GROUP BY month, is_late
ORDER BY month, is_late
