-- Entries of the roster, one row an event, oldest first. Store::landed_people.
SELECT key, version, at, source, person, aliases, team, joined_at, left_at, kind,
    team_from, team_to, apart, excluded
FROM landing_person FINAL
ORDER BY person, at, version, key
