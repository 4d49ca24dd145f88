//! Counting reads (INDICATORS section 2): how often, by how many, how deeply, how long; and what
//! page counters say.

pub(super) mod bounds;
pub(super) mod counted;
pub(super) mod depth;
pub(super) mod engaged;
pub(super) mod readers;
pub(super) mod total;
pub(super) mod unique;
