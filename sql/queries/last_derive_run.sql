-- generation, fingerprint of the last run; no row before the first. Store::last_derive_run.
SELECT generation, fingerprint FROM derive_run ORDER BY generation DESC LIMIT 1
