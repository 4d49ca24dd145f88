-- The same from a {disk:String} that the server has for backups. Store::restore.
RESTORE DATABASE readback_own FROM Disk({disk:String}, {name:String})
