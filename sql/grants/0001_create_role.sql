-- What reporting tools may do. Written for a ClickHouse server and parsed by the tests; not run there.
CREATE ROLE IF NOT EXISTS readback_reporting SETTINGS readonly = 2, max_execution_time = 60
