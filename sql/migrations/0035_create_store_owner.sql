-- Whose tables these are: a keyed hash that only the key of the data folder gives, and the folder's k.
-- Another folder's pseudonyms would count everybody twice, and another k would show what is withheld.
CREATE TABLE store_owner
(
    fingerprint UInt64,
    k UInt32
)
ENGINE = MergeTree
ORDER BY fingerprint
SETTINGS fsync_after_insert = 1
