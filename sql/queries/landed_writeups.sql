-- Descriptions of write-ups, one row an event, oldest first. Store::landed_writeups.
SELECT key, version, at, source, id, title, url, aliases, published_at, deleted_at, owner_team,
    contributors, contributor_teams, responders, words, diagrams, hyperlinks, acronyms,
    acronyms_unexplained, template, tags, restricted, assigns, assignments,
    reviewers, facilitators, data_sources, quotations,
    surprised, difficult, unclear, several_accounts, merged_into, dated_aliases, opened
FROM landing_writeup FINAL
ORDER BY id, at, version, key
