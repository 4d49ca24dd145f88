-- What the last whole run of the derive job was made from, written when everything else of it stands:
-- receipts, zone, parameters, code. While nothing of it has changed there is nothing to derive, and
-- landing need not be gone through to find that out.
CREATE TABLE derive_basis
(
    generation UInt32,
    basis UInt64
)
ENGINE = MergeTree
ORDER BY generation
