//! Plain HTTP/1.1 over connections that are kept: the tests decide themselves when one is opened, and
//! see how it broke.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How long an answer may take, and a wait for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// The server closes the connection behind it.
    pub(crate) is_last: bool,
}

/// A connection that is kept.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(address: &str) -> io::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Connection(BufReader::new(stream)))
    }

    pub(crate) fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.ask("GET", path, "", b"")
    }

    pub(crate) fn post(&mut self, path: &str, headers: &str, body: &[u8]) -> io::Result<Answer> {
        self.ask("POST", path, headers, body)
    }

    fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> io::Result<Answer> {
        let length = body.len();
        let mut bytes = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{headers}\r\n"
        )
        .into_bytes();
        bytes.extend_from_slice(body);
        self.0.get_mut().write_all(&bytes)?;
        let odd = || io::Error::from(io::ErrorKind::InvalidData);
        let first = self.line()?;
        let status = first.get(9..12).and_then(|status| status.parse().ok());
        let (mut length, mut chunked, mut is_last) = (0, false, false);
        loop {
            let line = self.line()?.to_lowercase();
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            match (name, value.trim()) {
                ("content-length", value) => length = value.parse().map_err(|_| odd())?,
                ("transfer-encoding", value) => chunked = value == "chunked",
                ("connection", value) => is_last = value == "close",
                _ => {}
            }
        }
        let mut whole = Vec::new();
        loop {
            if chunked {
                length = usize::from_str_radix(&self.line()?, 16).map_err(|_| odd())?;
            }
            let at = whole.len();
            whole.resize(at + length, 0);
            self.0.read_exact(&mut whole[at..])?;
            if chunked {
                self.line()?;
            }
            if !chunked || length == 0 {
                break;
            }
        }
        Ok(Answer {
            status: status.ok_or_else(odd)?,
            body: whole,
            is_last,
        })
    }

    /// A line without its end.
    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}
