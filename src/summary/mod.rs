//! The summary: every published number as one JSON document (CONTRACT, "Out: summary.json"). The
//! last step before anything leaves: what would betray a person is withheld here, for JSON, charts
//! and pages alike, because all of them are made from this document.

pub mod document;
pub mod margins;
pub mod notes;
pub mod publish;
pub mod schema;
pub mod shapes;
pub mod suppress;

pub use document::Document;
pub use publish::publish;
