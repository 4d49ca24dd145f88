-- On which days a source watches stands in `staged_watch`.
DROP VIEW seen_day
