-- Events that retention took away. Store::removed.
SELECT sum(events) FROM retention_cut
