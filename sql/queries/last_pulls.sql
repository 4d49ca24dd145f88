-- source, at: when each source's last whole pull began. Store::last_pulls.
SELECT source, pulled_at AS at FROM checkpoint FINAL WHERE pulled_at != 0 ORDER BY source
