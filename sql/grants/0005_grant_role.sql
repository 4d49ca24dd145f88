-- The account has the role and no other right.
GRANT readback_reporting TO readback_reader
