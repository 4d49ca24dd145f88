-- The write-ups of generation {registry:UInt32}, by id. Store::registry_writeups.
SELECT generation, number, id, names, title, url, published_at, deleted_at, owner_team, contributors,
    responders, words, template, tags, restricted, reviewers, facilitators, contributor_teams, diagrams,
    hyperlinks, acronyms, acronyms_unexplained, data_sources, quotations, first_words, first_diagrams,
    first_hyperlinks, first_acronyms, first_acronyms_unexplained, first_data_sources, first_quotations,
    first_contributors, first_contributor_teams, surprised, difficult, unclear, several_accounts,
    merged_into, spans, maker
FROM registry_writeup
WHERE generation = {registry:UInt32}
ORDER BY id
