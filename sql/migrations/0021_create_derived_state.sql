-- Which generation of derived rows is current for a write-up, and the fingerprint of what they were
-- made from: registry, parameters, code and landed events. Write-up 0 gathers unknown targets.
CREATE TABLE derived_state
(
    writeup UInt32,
    generation UInt32,
    fingerprint UInt64
)
ENGINE = ReplacingMergeTree(generation)
ORDER BY writeup
