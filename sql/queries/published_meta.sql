-- When the last report is of, and what tells it from others. Published::last.
SELECT as_of, k, fingerprint FROM published_meta
