//! Counting reads (INDICATORS section 2): how often, by how many, how deeply.

pub(super) mod depth;
pub(super) mod readers;
pub(super) mod total;
pub(super) mod unique;
