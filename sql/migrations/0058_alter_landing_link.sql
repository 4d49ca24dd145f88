-- How a link is written (link, key, title, or empty where its source does not say), and why it is kept
-- and not counted (generated, vendored, unreachable, or empty).
ALTER TABLE landing_link
    ADD COLUMN IF NOT EXISTS form LowCardinality(String),
    ADD COLUMN IF NOT EXISTS label LowCardinality(String)
