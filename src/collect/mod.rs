//! From a source's events to records: the ordered steps of the intake, and the opening of files.

pub mod input;
pub mod intake;
pub mod keys;

pub use intake::{Intake, Rejection};
pub use keys::Keys;
