-- It is made anew, with more columns, from what has landed.
DROP TABLE derived_source_day
