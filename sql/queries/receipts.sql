-- What was received, from receipts alone: kind, source, lines. Store::receipts.
SELECT kind, source, sum(lines) AS lines FROM receipt FINAL GROUP BY kind, source ORDER BY kind, source
