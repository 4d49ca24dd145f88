-- Nothing of Readback's own tables: they hold pseudonyms.
REVOKE ALL ON readback_own.* FROM readback_reporting
