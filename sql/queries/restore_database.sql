-- Makes a database and its tables from a backup of this {name:String}: uuid, status. `readback_own` stands for the
-- configured database. Store::restore.
RESTORE DATABASE readback_own FROM File({name:String})
