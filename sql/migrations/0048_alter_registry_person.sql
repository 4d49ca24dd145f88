-- When they joined and left, UTC ms; null is not said. Of a kind there is one more: `excluded`, people
-- whose events are kept and not counted.
ALTER TABLE registry_person
    ADD COLUMN IF NOT EXISTS joined_at Nullable(Int64),
    ADD COLUMN IF NOT EXISTS left_at Nullable(Int64)
