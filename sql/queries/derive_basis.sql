-- generation, basis of the last whole run; no row before the first. Store::derive_basis.
SELECT generation, basis FROM derive_basis ORDER BY generation DESC, basis LIMIT 1
