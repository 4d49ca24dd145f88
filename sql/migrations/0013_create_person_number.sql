-- Dense numbers of people, given once by the derive job and never changed: bitmaps want them dense.
CREATE TABLE person_number
(
    pseudonym UInt128,
    number UInt32
)
ENGINE = ReplacingMergeTree
ORDER BY pseudonym
SETTINGS fsync_after_insert = 1
