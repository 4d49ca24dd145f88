-- What follows names tables alone.
USE readback_own
