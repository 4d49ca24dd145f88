//! The work between store and numbers, each job idempotent: ingest brings events of files and scans in,
//! scan pulls several sources, load brings in what the spool holds, known keeps the known write-ups for
//! the door, gate holds all of these back while derive works, registry puts together what is said of
//! write-ups, meetings what is known of meetings beside their attendees, stories says what was counted in a
//! story round, people which names are one person, machines
//! which accounts are programs, roster brings them in by file and by hand, forget
//! takes a person out of everything, retain takes away what is old enough, rotate gives people new
//! pseudonyms, derive makes derived tables of landed events, compute makes facts and results, report makes
//! the summary, restate tells what an earlier one would say now, terms says on which terms people are
//! counted, ledger since when, expiry what sources are about to forget, and backup copies what a data folder
//! holds, and puts it back.

pub mod annotations;
mod arrivals;
mod assigned;
pub mod backup;
mod beside;
mod coarse;
mod cohorts;
mod columns;
pub mod compute;
pub mod derive;
mod described;
pub mod expiry;
pub mod explain;
mod few;
pub mod forges;
pub mod forget;
pub mod gate;
mod gone;
mod health;
mod hiding;
pub mod ingest;
mod kinds;
pub mod known;
pub mod ledger;
mod linked;
pub mod load;
pub mod machines;
pub mod meetings;
pub mod noised;
pub mod observe;
mod occasions;
pub mod order;
mod outside;
pub mod people;
pub mod preview;
pub mod prove;
pub mod published;
pub mod purge;
mod reached;
pub mod registry;
pub mod report;
pub mod restate;
pub mod retain;
mod reviews;
pub mod roster;
pub mod rotate;
pub mod scan;
mod slices;
pub mod stories;
pub mod terms;
pub mod undo;
pub mod upload;
mod writeups;
