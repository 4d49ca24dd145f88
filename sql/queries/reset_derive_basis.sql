-- The next run of the derive job looks at everything. Store::rederive.
TRUNCATE TABLE derive_basis
