//! Comments (INDICATORS section 5): whether write-ups are still discussed, and by how many.

pub(super) mod commenters;
pub(super) mod conversation;
pub(super) mod late;
pub(super) mod response;
mod threads;
