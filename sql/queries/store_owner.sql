-- fingerprint, k of the data folder that these tables belong to; no row before the first. Store::claim.
SELECT fingerprint, k FROM store_owner ORDER BY fingerprint, k
