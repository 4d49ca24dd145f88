-- Dated teams (null: since they joined, until the next one), names that are held apart, and whether
-- their events are left out (null: not said).
ALTER TABLE landing_person
    ADD COLUMN IF NOT EXISTS team_from Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS team_to Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS apart Array(UInt128),
    ADD COLUMN IF NOT EXISTS excluded Nullable(Bool)
