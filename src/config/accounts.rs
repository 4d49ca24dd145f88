//! `[accounts]`: accounts that are no people. They are named as in `readback people merge`, and nobody is
//! told them back.

use super::Secret;
use super::reader::Reader;

/// Accounts of programs. Their names are shown nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Of AI agents that read for people.
    pub agents: Vec<Secret>,
    /// Of all other programs.
    pub services: Vec<Secret>,
}

impl Accounts {
    /// Each list by its key.
    pub fn by_name(&self) -> [(&'static str, &[Secret]); 2] {
        [("agents", &self.agents), ("services", &self.services)]
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Accounts {
    let accounts = Accounts {
        agents: reader.hidden("agents").into_iter().map(Secret).collect(),
        services: reader.hidden("services").into_iter().map(Secret).collect(),
    };
    reader.finish();
    accounts
}
