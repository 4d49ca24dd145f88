-- Copies all tables of a database into a backup of this {name:String}: uuid, status. Identifiers are no parameters
-- here: `readback_own` stands for the configured database. Store::back_up.
BACKUP DATABASE readback_own TO File({name:String})
