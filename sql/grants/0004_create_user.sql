-- The account of the reporting tools. Put a password of your own in.
CREATE USER IF NOT EXISTS readback_reader IDENTIFIED WITH sha256_password BY 'put a long password here'
