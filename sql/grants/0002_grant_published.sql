-- Published tables and views, written after suppression.
GRANT SELECT ON readback_published.* TO readback_reporting
