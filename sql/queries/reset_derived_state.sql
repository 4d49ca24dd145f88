-- Nothing derived is current: the next run of the derive job builds all of it again. Store::rederive.
TRUNCATE TABLE derived_state
