-- Takes reads in columns, all of them; the data is the body of the request. Store::insert_reads.
INSERT INTO landing_read FORMAT Native
