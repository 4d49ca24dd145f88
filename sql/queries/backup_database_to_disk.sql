-- The same onto a {disk:String} that the server has for backups. Store::back_up.
BACKUP DATABASE readback_own TO Disk({disk:String}, {name:String})
