-- When the pull began that ended here, UTC ms; 0: by a program that did not note it.
ALTER TABLE checkpoint ADD COLUMN IF NOT EXISTS pulled_at Int64
