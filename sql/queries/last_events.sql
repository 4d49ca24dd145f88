-- source, at: the last event that each source delivered, as of the last run of the derive job.
-- Store::last_events.
SELECT toString(source) AS source, max(last_at) AS at
FROM registry_source
WHERE generation = (SELECT max(generation) FROM registry_source)
GROUP BY source
ORDER BY source
