-- Forgets whose place an import took that is not remembered any more. Store::forget_import, Store::forget_imports.
ALTER TABLE superseded_import DELETE
WHERE by NOT IN (SELECT import FROM imported_event)
