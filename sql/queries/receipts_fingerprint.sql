-- One number for all that has been received, whatever the order. Store::receipts_fingerprint.
SELECT sum(cityHash64(batch, kind, source, lines)) FROM receipt FINAL
