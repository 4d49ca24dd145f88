-- run, finished of every import of {file:UInt128}, newest first. Store::import_run.
SELECT run, finished FROM import_run FINAL WHERE file = {file:UInt128} ORDER BY run DESC
