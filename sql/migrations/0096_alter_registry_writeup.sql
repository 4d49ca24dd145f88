-- Who is named first among the contributors: who made the page, where its source tells its history. 0:
-- nobody.
ALTER TABLE registry_writeup
    ADD COLUMN IF NOT EXISTS maker UInt32
