//! A server before the shared engine that hands everything on but inserts of batches: these it
//! refuses with the words that a test gives it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clickhouse::Client;
use readback::engine::{self, Endpoint, Password};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};

#[derive(Clone, Default)]
pub(crate) struct Unwilling(Arc<Mutex<Mood>>);

#[derive(Default)]
struct Mood {
    words: Option<String>,
    tables: Vec<String>,
}

impl Unwilling {
    /// Starts one, and a client of it.
    pub(crate) async fn start() -> (Unwilling, Client) {
        let unwilling = Unwilling::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = unwilling.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                // A client that breaks off is no concern of the test.
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        let client = engine::client(&Endpoint::Remote {
            url,
            user: "default".to_owned(),
            password: Password::new(""),
        });
        (unwilling, client)
    }

    /// What inserts are refused with; `None` lets them through.
    pub(crate) fn answer(&self, words: Option<String>) {
        self.mood().words = words;
    }

    /// The tables of all inserts, in their order.
    pub(crate) fn tables(&self) -> Vec<String> {
        self.mood().tables.clone()
    }

    fn mood(&self) -> MutexGuard<'_, Mood> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One request, one answer.
    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let request = whole(&mut stream).await?;
        let line = String::from_utf8_lossy(&request);
        let line = line.lines().next().unwrap_or_default();
        let inserted = line
            .split_once("INSERT+INTO+")
            .map(|(_, rest)| rest.strip_prefix("%60").unwrap_or(rest))
            .and_then(|rest| rest.split(['(', '+', '%', '&']).next())
            // Whose tables these are, it takes.
            .filter(|table| *table != "store_owner");
        let words = inserted.and_then(|table| {
            let mut mood = self.mood();
            mood.tables.push(table.to_owned());
            mood.words.clone()
        });
        let answer = match words {
            Some(words) => {
                let code = words.trim_start_matches("Code: ").split('.').next();
                format!(
                    "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n\
                     X-ClickHouse-Exception-Code: {}\r\nContent-Length: {}\r\n\r\n{words}\n",
                    code.unwrap_or_default(),
                    words.len() + 1
                )
                .into_bytes()
            }
            None => handed_on(&request).await?,
        };
        stream.write_all(&answer).await
    }
}

/// Reads a request to its end.
async fn whole(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while !is_whole(&bytes) {
        if stream.read_buf(&mut bytes).await? == 0 {
            break;
        }
    }
    Ok(bytes)
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let body = &bytes[end + 4..];
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    match length {
        Some(length) => body.len() >= length,
        None if head.contains("transfer-encoding: chunked") => body.ends_with(b"0\r\n\r\n"),
        None => true,
    }
}

/// What the shared engine answers.
async fn handed_on(request: &[u8]) -> std::io::Result<Vec<u8>> {
    let socket = super::engine::socket().expect("an engine");
    let mut engine = UnixStream::connect(socket).await?;
    let end = memchr::memmem::find(request, b"\r\n").expect("a line") + 2;
    engine.write_all(&request[..end]).await?;
    engine.write_all(b"Connection: close\r\n").await?;
    engine.write_all(&request[end..]).await?;
    let mut answer = Vec::new();
    engine.read_to_end(&mut answer).await?;
    Ok(answer)
}
