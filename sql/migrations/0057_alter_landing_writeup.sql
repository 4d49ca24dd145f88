-- Whether it is said that everybody may see a write-up: what says nothing of it opens nothing.
ALTER TABLE landing_writeup
    ADD COLUMN IF NOT EXISTS opened Bool
