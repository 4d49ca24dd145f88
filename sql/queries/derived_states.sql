-- writeup, generation, fingerprint of what derived rows are current. Store::derived_states.
SELECT writeup, generation, fingerprint FROM derived_state FINAL ORDER BY writeup
