//! Safe connections to the engine. One is opened for each request and closed with it (0.1 ms on an
//! open path), so that no setting, parameter or half-read result of one request is seen by another.

use std::ffi::CString;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::exception::{Exception, UNKNOWN_EXCEPTION};
use super::ffi::{Analysis, Api, Call, RawConnection, RawInsert, RawResult, RawStream};

/// Opens connections to one store. The engine of a process serves one path.
pub(super) struct Store {
    api: Arc<Api>,
    arguments: Vec<CString>,
}

/// Why the engine could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The library is missing, is another one, or misses a call.
    #[error("cannot load libchdb from '{path}': {source}")]
    Load {
        /// The file.
        path: String,
        /// What the loader says.
        source: libloading::Error,
    },
    /// A path that C cannot spell.
    #[error("the path '{0}' contains a NUL or is not UTF-8; use another folder")]
    Path(String),
    /// The engine gives no reason.
    #[error(
        "the engine refused to open '{0}': it is damaged, not writable, or was written by a newer engine"
    )]
    Refused(String),
}

impl Store {
    /// Loads the library; nothing is opened yet.
    pub(super) fn load(library: &Path, store: &Path, config: &Path) -> Result<Self, OpenError> {
        let argument = |flag: &str, path: &Path| {
            let text = path
                .to_str()
                .ok_or_else(|| OpenError::Path(path.display().to_string()))?;
            CString::new(format!("{flag}{text}")).map_err(|_| OpenError::Path(text.to_owned()))
        };
        let arguments = vec![
            c"clickhouse".to_owned(),
            argument("--path=", store)?,
            argument("--config-file=", config)?,
        ];
        let api = Api::load(library).map_err(|source| OpenError::Load {
            path: library.display().to_string(),
            source,
        })?;
        Ok(Self { api, arguments })
    }

    /// Opens a connection.
    pub(super) fn connect(&self) -> Result<Connection, OpenError> {
        match RawConnection::open(&self.api, &self.arguments) {
            Some(raw) => Ok(Connection { raw }),
            None => Err(OpenError::Refused(
                self.arguments[1].to_string_lossy().into_owned(),
            )),
        }
    }

    /// Stops the engine's threads; false when a connection is still open.
    pub(super) fn shutdown(&self) -> bool {
        self.api.shutdown()
    }
}

/// Parameters of a statement, as HTTP carries them (`param_x=…`, escaped like TSV).
#[derive(Clone, Debug, Default)]
pub(super) struct Params {
    names: Vec<String>,
    values: Vec<String>,
}

impl Params {
    /// Adds one; the last of a name wins.
    pub(super) fn set(&mut self, name: String, value: String) {
        match self.names.iter().position(|known| *known == name) {
            Some(at) => self.values[at] = value,
            None => {
                self.names.push(name);
                self.values.push(value);
            }
        }
    }

    fn call<'a>(&'a self, sql: &'a str, format: &'a str) -> Call<'a> {
        Call {
            sql,
            format,
            names: &self.names,
            values: &self.values,
        }
    }
}

/// An open connection.
pub(super) struct Connection {
    raw: RawConnection,
}

impl Connection {
    /// Runs a text and takes its whole result.
    pub(super) fn query(
        &mut self,
        sql: &str,
        format: &str,
        params: &Params,
    ) -> Result<Chunk, Exception> {
        chunk(self.raw.query(&params.call(sql, format)))
    }

    /// Starts a `SELECT` whose result comes in chunks.
    pub(super) fn stream(
        &mut self,
        sql: &str,
        format: &str,
        params: &Params,
    ) -> Result<Stream<'_>, Exception> {
        let raw = self
            .raw
            .stream(&params.call(sql, format))
            .ok_or_else(silent)?;
        match raw.error() {
            Some(text) => Err(Exception::of_engine(&text)),
            None => Ok(Stream { raw }),
        }
    }

    /// Starts an insert. `sql` ends before `FORMAT` or `VALUES`; the engine appends the format.
    pub(super) fn insert(
        &mut self,
        sql: &str,
        format: &str,
        params: &Params,
    ) -> Result<Insert<'_>, Exception> {
        let raw = self
            .raw
            .insert(&params.call(sql, format))
            .ok_or_else(silent)?;
        match raw.error() {
            Some(text) => Err(Exception::of_engine(&text)),
            None => Ok(Insert { raw }),
        }
    }

    /// What a text would do, without running it.
    pub(super) fn classify(&self, sql: &str) -> Result<Analysis, Exception> {
        self.raw.classify(sql).ok_or_else(silent)
    }
}

/// One piece of a result: a complete output of the format it was asked in.
pub(super) struct Chunk {
    /// Its bytes, still in the engine's memory.
    pub(super) bytes: Bytes,
    /// Its rows.
    pub(super) rows: u64,
}

/// A result that comes in chunks.
pub(super) struct Stream<'a> {
    raw: RawStream<'a>,
}

impl Stream<'_> {
    /// The next chunk. The last one has no rows, but may have bytes (a header, when nothing was found).
    pub(super) fn next(&mut self) -> Result<Chunk, Exception> {
        chunk(self.raw.next())
    }
}

/// An insert that takes its data in pieces.
pub(super) struct Insert<'a> {
    raw: RawInsert<'a>,
}

impl Insert<'_> {
    /// Hands over a piece of the data, cut anywhere.
    pub(super) fn append(&mut self, data: &[u8]) -> Result<(), Exception> {
        if self.raw.append(data) {
            return Ok(());
        }
        Err(self
            .raw
            .error()
            .map_or_else(silent, |text| Exception::of_engine(&text)))
    }

    /// Stores what was handed over; gives the rows written.
    pub(super) fn finish(mut self) -> Result<u64, Exception> {
        match self.raw.finish() {
            Some(result) => match result.error() {
                Some(text) => Err(Exception::of_engine(&text)),
                None => Ok(result.rows_written()),
            },
            None => Err(self
                .raw
                .error()
                .map_or_else(silent, |text| Exception::of_engine(&text))),
        }
    }
}

fn chunk(result: Option<RawResult>) -> Result<Chunk, Exception> {
    let result = result.ok_or_else(silent)?;
    match result.error() {
        Some(text) => Err(Exception::of_engine(&text)),
        None => Ok(Chunk {
            rows: result.rows(),
            bytes: Bytes::from_owner(result),
        }),
    }
}

/// The engine answered null where it promises an answer.
fn silent() -> Exception {
    Exception::new(
        UNKNOWN_EXCEPTION,
        "the engine gave no answer and no reason.",
    )
}
