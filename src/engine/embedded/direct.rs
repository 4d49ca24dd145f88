//! The engine in this very process, without the door: the yardstick of `benches/engine_door.rs`.

use std::path::Path;

use bytes::Bytes;

use super::connection::{Connection, Params, Store};
use super::{RunError, write_config};
use crate::engine::place::Place;

/// An open engine. A process can have one.
pub struct Direct {
    connection: Connection,
    params: Params,
}

impl Direct {
    /// Opens the engine of a folder that no other process has open.
    pub fn open(library: &Path, folder: &Path) -> Result<Self, RunError> {
        let place = Place::make(folder).map_err(super::io_error(format!(
            "make the folder '{}'",
            folder.display()
        )))?;
        write_config(&place)?;
        let store = Store::load(library, &place.store(), &place.config())?;
        Ok(Self {
            connection: store.connect()?,
            params: Params::default(),
        })
    }

    /// Runs a text and gives its whole result in a format.
    pub fn query(&mut self, sql: &str, format: &str) -> Result<Bytes, RunError> {
        self.connection
            .query(sql, format, &self.params)
            .map(|result| result.bytes)
            .map_err(|error| RunError::Mute(error.text))
    }

    /// Inserts pieces of data by the streaming call; gives the rows written.
    pub fn insert(&mut self, head: &str, format: &str, data: &[Bytes]) -> Result<u64, RunError> {
        let mute = |error: super::exception::Exception| RunError::Mute(error.text);
        let mut insert = self
            .connection
            .insert(head, format, &self.params)
            .map_err(mute)?;
        for piece in data {
            insert.append(piece).map_err(mute)?;
        }
        insert.finish().map_err(mute)
    }
}
