-- Kept reads as of an instant {as_of:Int64}: current rows, double clicks gone as far as they had
-- happened by then.
CREATE OR REPLACE VIEW kept_read AS
SELECT
    writeup,
    person,
    at,
    toUnixTimestamp64Milli(at) AS ms,
    session,
    engaged_ms,
    scroll_milli,
    age_day,
    team,
    assigned
FROM derived_read
WHERE label = 0
  AND (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL)
  AND at < fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
  AND (superseded_ms = 0 OR toUnixTimestamp64Milli(at) + superseded_ms - 1 >= {as_of:Int64})
