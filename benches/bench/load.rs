//! Brings requests: connections of one thread, each with its next request when the last is answered.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What is brought.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    /// Events in a request.
    pub(crate) events: usize,
    pub(crate) connections: usize,
}

/// What came back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answers {
    pub(crate) answered: u64,
    pub(crate) a_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// Stands for a number in a request and is as long as one.
const DIGITS: &str = "000000000000";

impl Load {
    /// Loads for so long; every request has to be answered with 202.
    pub(crate) fn run(&self, time: Duration) -> Answers {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let since = Instant::now();
        let latencies = runtime.block_on(async {
            let connections = (0..self.connections).map(|n| {
                let load = self.clone();
                tokio::spawn(async move { load.connection(n, since + time).await })
            });
            let connections: Vec<_> = connections.collect();
            let mut all = Vec::new();
            for connection in connections {
                all.extend(connection.await.expect("a connection"));
            }
            all
        });
        let took = since.elapsed().as_secs_f64();
        let mut sorted = latencies;
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize] * 1e3;
        Answers {
            answered: sorted.len() as u64,
            a_second: sorted.len() as f64 / took,
            p50_ms: at(0.5),
            p99_ms: at(0.99),
        }
    }

    async fn connection(&self, number: usize, until: Instant) -> Vec<f64> {
        let mut stream = TcpStream::connect(self.address).await.expect("a server");
        stream.set_nodelay(true).expect("an option");
        let (mut request, places) = self.request();
        let mut latencies = Vec::new();
        let mut answer = vec![0; 64 << 10];
        // Ids differ between connections and runs: a store must not take them for one event.
        let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let run = nanos.map_or(0, |since| since.as_millis() as u64 % 1_000_000);
        let mut next = run * 1_000_000 + number as u64 * 31_250;
        while Instant::now() < until {
            for place in &places {
                number_into(&mut request[*place..place + DIGITS.len()], next);
                next += 1;
            }
            let since = Instant::now();
            stream.write_all(&request).await.expect("a server");
            let length = answered(&mut stream, &mut answer).await;
            assert!(
                answer.starts_with(b"HTTP/1.1 202"),
                "{}",
                String::from_utf8_lossy(&answer[..length])
            );
            latencies.push(since.elapsed().as_secs_f64());
        }
        latencies
    }

    /// A request, and where the numbers stand in it.
    fn request(&self) -> (Vec<u8>, Vec<usize>) {
        let event = |n: usize| {
            format!(
                r#"{{"specversion":"1.0","type":"org.readback.read.v1","source":"beacon","id":"b-{DIGITS}","subject":"INC-{}","time":"2026-03-02T09:15:00Z","data":{{"person":"p{:04}@example.org","session":"s{}","engaged_s":{}.5,"scroll":0.9}}}}"#,
                1000 + n % 500,
                n % 2000,
                n,
                n % 300
            )
        };
        let events: Vec<String> = (0..self.events).map(event).collect();
        let (kind, body) = match self.events {
            1 => ("application/cloudevents+json", events.concat()),
            _ => (
                "application/cloudevents-batch+json",
                format!("[{}]", events.join(",")),
            ),
        };
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        let request = head + &body;
        let places = request.match_indices(DIGITS).map(|(at, _)| at).collect();
        (request.into_bytes(), places)
    }
}

/// Writes a number over digits, without making anything: what a sender takes is not what is measured.
fn number_into(digits: &mut [u8], number: u64) {
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// Reads one answer into the buffer; gives its length.
async fn answered(stream: &mut TcpStream, buffer: &mut [u8]) -> usize {
    let mut length = 0;
    loop {
        let n = stream.read(&mut buffer[length..]).await.expect("a server");
        assert!(n > 0, "the server hung up");
        length += n;
        let Some(end) = memchr::memmem::find(&buffer[..length], b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&buffer[..end]).expect("a head");
        let body: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
            .unwrap_or(0);
        if length >= end + 4 + body {
            return length;
        }
    }
}

/// The body of an answer to a GET.
pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).expect("a server");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: door\r\nConnection: close\r\n\r\n"
    )
    .expect("a server");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("text");
    text.split_once("\r\n\r\n")
        .map_or_else(String::new, |(_, body)| body.to_owned())
}
