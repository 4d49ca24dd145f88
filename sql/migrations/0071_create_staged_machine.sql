-- Stretches of time in which somebody reads as only programs do (INDICATORS section 2, class 3), by the actor
-- as in `staged_read`: found anew in landing by every run of the derive job, so that other limits restate
-- history. Rows that are not `found` are hours to be looked at more closely. Empty between runs.
CREATE TABLE staged_machine
(
    found Bool,
    actor UInt64,
    from_ms Int64,
    to_ms Int64
)
ENGINE = MergeTree
ORDER BY (actor, from_ms)
