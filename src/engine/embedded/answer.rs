//! Answers: a whole one with its length, a streamed one, an error, and an error after the answer
//! began. The last is the delicate one: it is written as ClickHouse writes it (a tagged frame at the
//! end) and the connection is broken off, so that no client can take it for a short good result.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::{Body, Frame};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Sleep;

use super::codings::Encoder;
use super::exception::Exception;

/// The body of any answer.
pub(super) type AnswerBody = UnsyncBoxBody<Bytes, BrokenOff>;

/// Ends a streamed answer that failed.
#[derive(Debug, thiserror::Error)]
#[error("the statement failed after the answer began")]
pub(super) struct BrokenOff;

/// A short text, such as the answer to `/ping`.
pub(super) fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<AnswerBody> {
    let mut response = Response::new(whole(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=UTF-8"),
    );
    response
}

/// An error before anything was sent.
pub(super) fn exception(exception: &Exception, version: &str) -> Response<AnswerBody> {
    let mut response = text(
        exception.status(),
        format!("{} (version {version})\n", exception.text),
    );
    response.headers_mut().insert(
        HeaderName::from_static("x-clickhouse-exception-code"),
        HeaderValue::from(exception.code),
    );
    response
}

/// How long the data before an error has to get out, so that the error comes in a piece of its own;
/// clients look for it at the end of a piece.
const BEFORE_ERROR: Duration = Duration::from_millis(100);
/// How long the error has to get out before the connection is broken off.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// What every good answer states.
pub(super) struct Meta {
    /// The id of the request.
    pub(super) query_id: String,
    /// The format of the result.
    pub(super) format: String,
    /// The engine's version.
    pub(super) version: String,
}

/// The client has gone; nobody reads on.
pub(super) struct Gone;

/// Sends one answer from the thread of a statement.
pub(super) struct Sink {
    reply: Option<oneshot::Sender<Response<AnswerBody>>>,
    meta: Meta,
    encoder: Encoder,
    coded: bool,
    /// The first piece, kept back: when it stays the only one the answer has a length, and an error
    /// right after it is still an honest status.
    held: Option<Bytes>,
    pieces: Option<mpsc::Sender<Piece>>,
    tag: String,
}

impl Sink {
    /// Prepares an answer.
    pub(super) fn new(
        reply: oneshot::Sender<Response<AnswerBody>>,
        meta: Meta,
        encoder: Encoder,
    ) -> Self {
        Self {
            reply: Some(reply),
            meta,
            coded: !matches!(encoder, Encoder::Plain),
            encoder,
            held: None,
            pieces: None,
            tag: tag(),
        }
    }

    /// Adds to the answer. Blocks while the client does not read.
    pub(super) fn send(&mut self, piece: Bytes) -> Result<(), Gone> {
        if piece.is_empty() {
            return Ok(());
        }
        match self.held.replace(piece) {
            Some(earlier) => self.forward(earlier),
            None => Ok(()),
        }
    }

    /// Ends a good answer.
    pub(super) fn finish(mut self, written: u64) -> Result<(), Gone> {
        let held = self.held.take().unwrap_or_default();
        if self.pieces.is_some() {
            self.forward(held)?;
            let end = std::mem::replace(&mut self.encoder, Encoder::Plain)
                .finish()
                .map_err(|_| Gone)?;
            self.push(end)?;
            return self.hand_over(Piece::End);
        }
        let coding = self.encoder.name();
        let mut body = self.encoder.encode(held, false).map_err(|_| Gone)?;
        if self.coded {
            let end = self.encoder.finish().map_err(|_| Gone)?;
            body = [body, end].concat().into();
        }
        let mut response = Response::new(whole(body));
        head(&mut response, &self.meta, coding);
        let summary = format!(
            r#"{{"read_rows":"0","read_bytes":"0","written_rows":"{written}","written_bytes":"0","total_rows_to_read":"0","result_rows":"{written}","result_bytes":"0","elapsed_ns":"0"}}"#
        );
        if let Ok(value) = HeaderValue::from_str(&summary) {
            response
                .headers_mut()
                .insert(HeaderName::from_static("x-clickhouse-summary"), value);
        }
        self.reply
            .take()
            .ok_or(Gone)?
            .send(response)
            .map_err(|_| Gone)
    }

    /// Ends with an error: as a status while nothing was sent, else inside the broken-off answer.
    pub(super) fn fail(mut self, error: &Exception) {
        let Some(pieces) = self.pieces.take() else {
            if let Some(reply) = self.reply.take() {
                // Nobody is left to tell when this fails.
                let _ = reply.send(exception(error, &self.meta.version));
            }
            return;
        };
        let message = format!("{} (version {})\n", error.text, self.meta.version);
        let frame = format!(
            "\r\n__exception__\r\n{tag}\r\n{message}{length} {tag}\r\n__exception__\r\n",
            tag = self.tag,
            length = message.len(),
        );
        if let Some(held) = self.held.take()
            && let Ok(piece) = self.encoder.encode(held, true)
        {
            let _ = pieces.blocking_send(Piece::Data(piece));
        }
        let frame = self.encoder.encode(frame.into(), true).unwrap_or_default();
        let _ = pieces.blocking_send(Piece::Error(frame));
    }

    fn forward(&mut self, piece: Bytes) -> Result<(), Gone> {
        if self.pieces.is_none() {
            // One piece under way while the next is made: that is all a slow reader costs.
            let (pieces, received) = mpsc::channel(1);
            let body = Pieces {
                received,
                ending: Ending::NotYet,
            };
            let mut response = Response::new(UnsyncBoxBody::new(body));
            head(&mut response, &self.meta, self.encoder.name());
            if let Ok(tag) = HeaderValue::from_str(&self.tag) {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static("x-clickhouse-exception-tag"), tag);
            }
            self.reply
                .take()
                .ok_or(Gone)?
                .send(response)
                .map_err(|_| Gone)?;
            self.pieces = Some(pieces);
        }
        let piece = self.encoder.encode(piece, false).map_err(|_| Gone)?;
        self.push(piece)
    }

    fn push(&mut self, piece: Bytes) -> Result<(), Gone> {
        if piece.is_empty() {
            return Ok(());
        }
        self.hand_over(Piece::Data(piece))
    }

    fn hand_over(&self, piece: Piece) -> Result<(), Gone> {
        let pieces = self.pieces.as_ref().ok_or(Gone)?;
        pieces.blocking_send(piece).map_err(|_| Gone)
    }
}

/// What the thread of a statement hands to the body of its answer.
enum Piece {
    Data(Bytes),
    /// The frame with the error; nothing follows.
    Error(Bytes),
    /// The answer is whole. Without this word it is torn: the thread panicked or gave up.
    End,
}

/// A streamed body. When it fails it gives what was sent before time to be written out; hyper drops
/// what it still holds when a body ends with an error.
struct Pieces {
    received: mpsc::Receiver<Piece>,
    ending: Ending,
}

enum Ending {
    NotYet,
    Before(Pin<Box<Sleep>>, Bytes),
    After(Pin<Box<Sleep>>),
    Ended,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        loop {
            match &mut self.ending {
                Ending::NotYet => match ready!(self.received.poll_recv(context)) {
                    Some(Piece::Data(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                    Some(Piece::Error(frame)) => {
                        let pause = Box::pin(tokio::time::sleep(BEFORE_ERROR));
                        self.ending = Ending::Before(pause, frame);
                    }
                    Some(Piece::End) => {
                        self.ending = Ending::Ended;
                        return Poll::Ready(None);
                    }
                    None => {
                        self.ending = Ending::Ended;
                        return Poll::Ready(Some(Err(BrokenOff)));
                    }
                },
                Ending::Ended => return Poll::Ready(None),
                Ending::Before(pause, frame) => {
                    ready!(pause.as_mut().poll(context));
                    let frame = std::mem::take(frame);
                    self.ending = Ending::After(Box::pin(tokio::time::sleep(AFTER_ERROR)));
                    return Poll::Ready(Some(Ok(Frame::data(frame))));
                }
                Ending::After(pause) => {
                    ready!(pause.as_mut().poll(context));
                    self.ending = Ending::Ended;
                    return Poll::Ready(Some(Err(BrokenOff)));
                }
            }
        }
    }
}

fn whole(bytes: Bytes) -> AnswerBody {
    let body = Full::new(bytes);
    UnsyncBoxBody::new(body.map_err(|never: Infallible| match never {}))
}

fn head(response: &mut Response<AnswerBody>, meta: &Meta, coding: Option<&'static str>) {
    let headers = response.headers_mut();
    let pairs = [
        (CONTENT_TYPE, content_type(&meta.format)),
        (
            HeaderName::from_static("x-clickhouse-query-id"),
            &meta.query_id,
        ),
        (HeaderName::from_static("x-clickhouse-format"), &meta.format),
        (
            HeaderName::from_static("x-clickhouse-server-display-name"),
            "readback",
        ),
        (HeaderName::from_static("x-clickhouse-timezone"), "UTC"),
    ];
    for (name, value) in pairs {
        // A client's odd id or format name is left out rather than answered with an error.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    if let Some(coding) = coding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
}

fn content_type(format: &str) -> &'static str {
    let name = format.to_ascii_lowercase();
    match name.as_str() {
        "ndjson" | "jsonlines" => "application/x-ndjson; charset=UTF-8",
        _ if name.ends_with("eachrow") && name.starts_with("json") => {
            "application/x-ndjson; charset=UTF-8"
        }
        _ if name.starts_with("json") => "application/json; charset=UTF-8",
        _ if name.starts_with("csv") => "text/csv; charset=UTF-8",
        _ if name.starts_with("tsv") || name.starts_with("tabseparated") => {
            "text/tab-separated-values; charset=UTF-8"
        }
        "arrowstream" => "application/vnd.apache.arrow.stream",
        "xml" => "application/xml; charset=UTF-8",
        _ if name.starts_with("rowbinary") => "application/octet-stream",
        "native" | "parquet" | "arrow" | "orc" | "avro" | "msgpack" => "application/octet-stream",
        _ => "text/plain; charset=UTF-8",
    }
}

/// Sixteen letters that no result can be expected to hold.
fn tag() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness the tag is only easier to guess; the answer is broken off all the same.
    let _ = getrandom::fill(&mut bytes);
    bytes
        .iter()
        .map(|byte| char::from(b'a' + byte % 26))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::embedded::codings::Coding;

    /// What a client gets when a thread uses a sink in a certain way.
    async fn answered(
        coding: Coding,
        way: impl FnOnce(Sink) + Send + 'static,
    ) -> Result<Bytes, String> {
        let (reply, answered) = oneshot::channel();
        let meta = Meta {
            query_id: "id".to_owned(),
            format: "TSV".to_owned(),
            version: "1".to_owned(),
        };
        let thread =
            std::thread::spawn(move || way(Sink::new(reply, meta, Encoder::new(coding, false))));
        let body = match answered.await {
            Ok(response) => response.into_body().collect().await,
            Err(_) => return Err("no answer".to_owned()),
        };
        // A panic is one of the ways.
        let _ = thread.join();
        body.map(|body| body.to_bytes())
            .map_err(|error| error.to_string())
    }

    fn send(sink: &mut Sink, texts: &[&'static str]) {
        for text in texts {
            assert!(sink.send(Bytes::from_static(text.as_bytes())).is_ok());
        }
    }

    #[tokio::test]
    async fn only_a_finished_answer_is_whole() {
        let whole = answered(Coding::Plain, |mut sink| {
            send(&mut sink, &["1\n", "2\n", "3\n"]);
            assert!(sink.finish(0).is_ok());
        });
        assert_eq!(whole.await.as_deref(), Ok(&b"1\n2\n3\n"[..]));
        for coding in [Coding::Plain, Coding::Gzip, Coding::Zstd] {
            let dropped = answered(coding, |mut sink| send(&mut sink, &["1\n", "2\n"]));
            assert!(dropped.await.is_err(), "{coding:?}");
            let panicked = answered(coding, |mut sink| {
                send(&mut sink, &["1\n", "2\n"]);
                std::panic::resume_unwind(Box::new("a defect"));
            });
            assert!(panicked.await.is_err(), "{coding:?}");
            let short = answered(coding, |mut sink| send(&mut sink, &["1\n"]));
            assert_eq!(short.await.unwrap_err(), "no answer", "{coding:?}");
        }
    }
}
