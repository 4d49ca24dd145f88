//! Runs one request on the engine, on a thread of its own: the calls of libchdb block, and a request
//! is one straight story (prepare the connection, read the text, run it, send what comes).

use bytes::Bytes;

use super::answer::{Gone, Sink};
use super::codings::Input;
use super::connection::{Connection, Params, Store};
use super::exception::{BAD_ARGUMENTS, DISABLED, Exception, READONLY, SYNTAX_ERROR, TOO_LARGE};
use super::flight::Running;
use super::framing::{Framing, Joiner, framing};
use super::request::{self, Asked};
use super::statement::{self, Statement};

/// The longest text of a statement. ClickHouse's parser stops at `max_query_size` anyway; this only
/// bounds what is gathered before it can say so.
const LONGEST_TEXT: usize = 64 << 20;
/// Texts up to here are surely parsed whole when classified (`max_query_size` by default).
const SURELY_PARSED: usize = 262_144;

/// A request on its way.
pub(super) struct Job {
    pub(super) asked: Asked,
    pub(super) read_only: bool,
    pub(super) input: Input,
    pub(super) sink: Sink,
    pub(super) running: Running,
}

/// How a statement ended without an error to report.
enum Done {
    /// Answer complete; so many rows were written.
    Written(u64),
    /// The client left; the statement was cancelled.
    Abandoned,
}

/// Runs a request to its end and answers it.
pub(super) fn run(store: &Store, mut job: Job) {
    let outcome = answer(store, &mut job);
    job.running.end();
    match outcome {
        Ok(Done::Written(rows)) => {
            // A client that left before the end needs no answer.
            let _ = job.sink.finish(rows);
        }
        Ok(Done::Abandoned) => {}
        Err(error) => job.sink.fail(&error),
    }
}

fn answer(store: &Store, job: &mut Job) -> Result<Done, Exception> {
    let mut connection = store
        .connect()
        .map_err(|error| Exception::new(super::exception::UNKNOWN_EXCEPTION, &error.to_string()))?;
    let none = Params::default();
    for statement in request::preparation(&job.asked, job.read_only, job.running.mark()) {
        connection.query(&statement, "Null", &none)?;
    }
    let (text, statement) = read_text(job)?;
    if job.running.abandoned() {
        return Ok(Done::Abandoned);
    }
    match statement {
        Statement::Insert { head, format, data } => {
            let head = utf8(&text[..head])?;
            let first = Bytes::copy_from_slice(&text[data..]);
            drop(text);
            insert(
                &mut connection,
                job,
                &Insertion {
                    head,
                    format,
                    first,
                },
            )
        }
        Statement::Select { format, whole } => {
            let text = utf8(&text)?;
            let written = checked(&connection, job, &text)?;
            let format = format.unwrap_or_else(|| job.asked.format.clone());
            let framing = framing(&format);
            if whole || job.asked.whole || framing == Framing::Whole || !written.streams {
                return at_once(&mut connection, job, &text);
            }
            match in_pieces(&mut connection, job, &text, framing)? {
                Some(done) => Ok(done),
                None => at_once(&mut connection, job, &text),
            }
        }
        Statement::Other => {
            let text = utf8(&text)?;
            checked(&connection, job, &text)?;
            if statement::brings_data(text.as_bytes()) {
                return Err(Exception::new(
                    DISABLED,
                    "data for input(…), or behind WITH … INSERT, is not supported by the embedded \
                     engine: insert it into a table of its own first",
                ));
            }
            at_once(&mut connection, job, &text)
        }
    }
}

/// Gathers the text: from the URL, then from the body, until it can be told what it is.
fn read_text(job: &mut Job) -> Result<(Vec<u8>, Statement), Exception> {
    let mut text = Vec::new();
    if job.asked.boundary.is_some() {
        let mut body = Vec::new();
        while let Some(piece) = job.input.next()? {
            gather(&mut body, &piece)?;
        }
        text = request::form(&mut job.asked, &body)?;
    } else if let Some(query) = &job.asked.query {
        text.extend_from_slice(query.as_bytes());
        text.push(b'\n');
    }
    loop {
        if let Some(statement) = statement::read(&text, false) {
            return Ok((text, statement));
        }
        match job.input.next()? {
            Some(piece) => gather(&mut text, &piece)?,
            None => break,
        }
    }
    let statement = statement::read(&text, true).unwrap_or(Statement::Other);
    Ok((text, statement))
}

fn gather(text: &mut Vec<u8>, piece: &[u8]) -> Result<(), Exception> {
    if text.len() + piece.len() > LONGEST_TEXT {
        return Err(Exception::new(
            TOO_LARGE,
            &format!(
                "the text of a statement is longer than {LONGEST_TEXT} bytes; send data with INSERT … FORMAT"
            ),
        ));
    }
    text.extend_from_slice(piece);
    Ok(())
}

fn utf8(text: &[u8]) -> Result<String, Exception> {
    String::from_utf8(text.to_vec()).map_err(|error| {
        Exception::new(
            BAD_ARGUMENTS,
            &format!(
                "the text of the statement is not UTF-8 at byte {}",
                error.utf8_error().valid_up_to()
            ),
        )
    })
}

/// What the engine's own parser says of a text.
struct Checked {
    /// It is a single statement that may be streamed.
    streams: bool,
}

/// Refuses what a server would not run over HTTP, and what a read-only door must not run.
fn checked(connection: &Connection, job: &Job, text: &str) -> Result<Checked, Exception> {
    let analysis = connection.classify(text)?;
    if analysis.statements > 1 {
        return Err(Exception::new(
            SYNTAX_ERROR,
            "Syntax error (Multi-statements are not allowed)",
        ));
    }
    // What does not parse is left to the engine, which says why.
    let unparsed = analysis.statements == 0 && text.len() < SURELY_PARSED;
    if job.read_only && !analysis.read_only && !unparsed {
        return Err(Exception::new(
            READONLY,
            "default: Cannot execute query in readonly mode.",
        ));
    }
    if statement::writes_file(text.as_bytes()) {
        return Err(Exception::new(
            DISABLED,
            "INTO OUTFILE is not allowed over HTTP",
        ));
    }
    // Each request has a connection of its own. A session that is only named does no harm; one that
    // is relied on must not seem to work.
    if job.asked.session && statement::is_for_session(text.as_bytes()) {
        return Err(Exception::new(
            DISABLED,
            "sessions (session_id) keep nothing in the embedded engine: give settings and database \
             with each request, and use ordinary tables",
        ));
    }
    Ok(Checked {
        streams: analysis.read_only && analysis.statements == 1,
    })
}

/// An insert whose data follows.
struct Insertion {
    head: String,
    format: String,
    first: Bytes,
}

fn insert(
    connection: &mut Connection,
    job: &mut Job,
    insertion: &Insertion,
) -> Result<Done, Exception> {
    let mut insert = connection.insert(&insertion.head, &insertion.format, &job.asked.params)?;
    if !insertion.first.is_empty() {
        insert.append(&insertion.first)?;
    }
    // An error of the body drops the insert, which cancels it.
    while let Some(piece) = job.input.next()? {
        insert.append(&piece)?;
    }
    if job.running.abandoned() {
        return Ok(Done::Abandoned);
    }
    insert.finish().map(Done::Written)
}

fn at_once(connection: &mut Connection, job: &mut Job, text: &str) -> Result<Done, Exception> {
    let result = connection.query(text, &job.asked.format, &job.asked.params)?;
    Ok(match job.sink.send(result.bytes) {
        Ok(()) => Done::Written(0),
        Err(Gone) => Done::Abandoned,
    })
}

/// Streams a result. `None` when the engine would not stream this one; then it did not run.
fn in_pieces(
    connection: &mut Connection,
    job: &mut Job,
    text: &str,
    framing: Framing,
) -> Result<Option<Done>, Exception> {
    let mut stream = match connection.stream(text, &job.asked.format, &job.asked.params) {
        Ok(stream) => stream,
        Err(error) if error.text.contains("Streaming query is not supported") => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut joiner = Joiner::new(framing);
    loop {
        let chunk = stream.next()?;
        // The last chunk has no rows. Its bytes count when they are all there is: an empty result
        // still has its header.
        if chunk.rows == 0 && joiner.begun() {
            break;
        }
        let last = chunk.rows == 0;
        for piece in joiner.join(chunk.bytes)? {
            if job.sink.send(piece).is_err() {
                return Ok(Some(Done::Abandoned));
            }
        }
        if last {
            break;
        }
    }
    Ok(Some(match joiner.finish().map(|end| job.sink.send(end)) {
        Some(Err(Gone)) => Done::Abandoned,
        Some(Ok(())) | None => Done::Written(0),
    }))
}
