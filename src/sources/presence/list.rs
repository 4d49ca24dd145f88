//! The way of a list into a kind: its bytes become text and rows, and the kind's own reader makes of them
//! what it can.

use std::io::BufRead;

use super::text::{self, Row};
use super::{Desk, Manner};
use crate::model::Millis;
use crate::sources::{File, Setting, Sink, SourceError};

/// A file that holds something.
pub(in crate::sources) struct Sheet<'a> {
    /// What it is called, for messages.
    pub(in crate::sources) name: &'a str,
    /// All of it.
    pub(in crate::sources) text: &'a str,
    /// Its rows, if it is a table.
    pub(in crate::sources) rows: &'a [Row],
}

/// Makes events of a file of one kind.
type Read = Box<dyn Fn(&Desk, &Sheet<'_>, &mut dyn Sink) -> Result<(), SourceError> + Send>;

/// Reads the lists of one kind.
pub(in crate::sources) struct Lists {
    desk: Desk,
    read: Read,
}

impl Lists {
    /// A reader for lists of this tool, see [`Desk::build`].
    pub(in crate::sources) fn build(
        params: toml::Table,
        setting: &Setting,
        tool: &'static str,
        manner: Manner,
        read: impl Fn(&Desk, &Sheet<'_>, &mut dyn Sink) -> Result<(), SourceError> + Send + 'static,
    ) -> Result<Box<dyn File>, SourceError> {
        let desk = Desk::build(params, setting, tool, manner)?;
        let read: Read = Box::new(read);
        Ok(Box::new(Lists { desk, read }))
    }
}

impl File for Lists {
    fn dated(&mut self, changed: Millis) {
        self.desk.dated(changed);
    }

    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let (text, rows) = text::table(name, input, sink)?;
        if rows.is_empty() {
            sink.note(format!("{name}: is empty"));
            return Ok(());
        }
        let sheet = Sheet {
            name,
            text: &text,
            rows: &rows,
        };
        (self.read)(&self.desk, &sheet, sink)
    }
}
