//! A request that a log tells of, whatever the log's format: what all readers of lines make, and all
//! that is asked of a line later.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use super::line::{Line, LineError, is_machine, split_request};
use crate::model::Millis;
use crate::sources::visited::is_whole_url;

/// Some bytes of a line, or made of it.
pub(super) type Bytes<'a> = Cow<'a, [u8]>;

/// One request. There is no `Debug`: the user's name must not reach a message.
pub(super) struct Access<'a> {
    /// The virtual host, where the log has one. It may carry a port.
    pub(super) vhost: Option<Bytes<'a>>,
    /// The authenticated user, as written.
    pub(super) user: Bytes<'a>,
    /// When the request came.
    pub(super) at: Millis,
    /// The method, empty where no request was read.
    pub(super) method: Bytes<'a>,
    /// The target with its query: a path, or a whole URL.
    pub(super) path: Bytes<'a>,
    /// The status of the answer; 0 where there was none.
    pub(super) status: u16,
    /// The user agent; `None` where the log has none.
    pub(super) agent: Option<Bytes<'a>>,
    /// Whether a browser asked for it before anybody wanted to see it.
    pub(super) prefetch: bool,
    /// Whether path and user are written with the escapes of Apache and nginx.
    pub(super) escaped: bool,
}

/// What a line is.
pub(super) enum Found<'a> {
    /// A request.
    Access(Access<'a>),
    /// Something else that belongs to such logs; why it is left out.
    Other(&'static str),
}

/// Why a line could not be read. It says nothing of what stood there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The field, as the format calls it.
    pub(super) field: String,
    /// What there should be.
    pub(super) reason: String,
}

impl Fault {
    /// This field, of which that was expected.
    pub(super) fn new(field: impl Into<String>, reason: impl Into<String>) -> Fault {
        Fault {
            field: field.into(),
            reason: reason.into(),
        }
    }
}

impl From<LineError> for Fault {
    fn from(error: LineError) -> Fault {
        Fault::new(error.field(), error.to_string())
    }
}

impl<'a> From<Line<'a>> for Access<'a> {
    fn from(line: Line<'a>) -> Access<'a> {
        Access {
            vhost: line.vhost.map(Cow::Borrowed),
            user: Cow::Borrowed(line.user),
            at: line.at,
            method: Cow::Borrowed(line.method),
            path: Cow::Borrowed(line.path),
            status: line.status,
            agent: line.agent.map(Cow::Borrowed),
            prefetch: !line.rest.is_empty() && is_prefetch(line.rest, b"\""),
            escaped: true,
        }
    }
}

/// What formats with fields of their own find in a line, before it is put together.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub(super) at: Option<Millis>,
    /// `GET /path HTTP/1.1`.
    pub(super) request: Option<Bytes<'a>>,
    pub(super) method: Option<Bytes<'a>>,
    /// The path, perhaps with its query, or a whole URL.
    pub(super) path: Option<Bytes<'a>>,
    pub(super) query: Option<Bytes<'a>>,
    pub(super) status: Option<u16>,
    pub(super) host: Option<Bytes<'a>>,
    pub(super) user: Option<Bytes<'a>>,
    pub(super) agent: Option<Bytes<'a>>,
    /// A `Sec-Purpose` header, or one of its forerunners.
    pub(super) prefetch: bool,
    /// See [`Access::escaped`].
    pub(super) escaped: bool,
}

impl<'a> Parts<'a> {
    /// Takes the first user that is one: formats may name several. An address is nobody.
    pub(super) fn user(&mut self, user: Bytes<'a>) {
        if is_machine(&user) {
            return;
        }
        if self.user.as_deref().is_none_or(is_none) {
            self.user = Some(user);
        }
    }

    /// The request, where time and target are known. A log without methods is taken to tell of GET.
    pub(super) fn access(self) -> Result<Access<'a>, Fault> {
        let at = self
            .at
            .ok_or_else(|| Fault::new("time", "there is no time in it"))?;
        let (mut method, mut path) = match self.request {
            Some(Cow::Borrowed(request)) => {
                let (method, path, _) = split_request(request);
                (Cow::Borrowed(method), Cow::Borrowed(path))
            }
            Some(Cow::Owned(request)) => {
                let (method, path, _) = split_request(&request);
                (Cow::Owned(method.to_vec()), Cow::Owned(path.to_vec()))
            }
            None => (
                self.method.unwrap_or(Cow::Borrowed(&b"GET"[..])),
                self.path.unwrap_or_default(),
            ),
        };
        let mut vhost = self.host.filter(|host| !is_none(host));
        if let Some(query) = self.query.filter(|query| !is_none(query)) {
            let mut whole = path.into_owned();
            if !query.starts_with(b"?") {
                whole.push(b'?');
            }
            whole.extend_from_slice(&query);
            path = Cow::Owned(whole);
        }
        if is_none(&method) {
            method = Cow::Borrowed(b"");
        }
        // Some write the host before the path, without a scheme.
        if !path.starts_with(b"/") && !is_whole_url(&path) {
            let slash = memchr(b'/', &path).filter(|slash| memchr(b'.', &path[..*slash]).is_some());
            if let Some(slash) = slash {
                vhost = Some(Cow::Owned(path[..slash].to_vec()));
                path = Cow::Owned(path[slash..].to_vec());
            }
        }
        Ok(Access {
            vhost,
            user: self.user.unwrap_or_default(),
            at,
            method,
            path,
            status: self.status.unwrap_or(0),
            agent: self.agent,
            prefetch: self.prefetch,
            escaped: self.escaped,
        })
    }
}

/// How logs write that there is nothing.
pub(super) fn is_none(text: &[u8]) -> bool {
    matches!(text, b"" | b"-")
}

/// Whether a `Sec-Purpose`, `Purpose` or `X-Moz` is that of no reading; `before` stands in front of it.
pub(super) fn is_prefetch(text: &[u8], before: &[u8]) -> bool {
    [&b"prefetch"[..], b"prerender", b"preview"]
        .iter()
        .any(|purpose| match before {
            b"" => text.starts_with(purpose),
            _ => memmem::find(text, &[before, purpose].concat()).is_some(),
        })
}

/// Whether a header tells who the user is, as servers and proxies that sign people in send it.
pub(super) fn names_user(header: &str) -> bool {
    [
        "x-ausername",
        "remote-user",
        "x-remote-user",
        "x-forwarded-user",
        "x-forwarded-email",
        "x-forwarded-preferred-username",
        "x-auth-request-user",
        "x-auth-request-email",
        "x-auth-request-preferred-username",
        "x-webauth-user",
    ]
    .iter()
    .any(|known| known.eq_ignore_ascii_case(header))
}

/// Whether a header tells why a page is asked for.
pub(super) fn names_purpose(header: &str) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(header))
}

/// What a bad line looks like, without anything of it: letters are `a`, digits `9`, only signs stay.
pub(super) fn shape(text: &[u8]) -> String {
    const LONGEST: usize = 80;
    let mut shape = String::new();
    let mut last = ' ';
    for (index, byte) in text.iter().enumerate() {
        if shape.len() >= LONGEST {
            shape.push('…');
            break;
        }
        let sign = match byte {
            b'0'..=b'9' => '9',
            b' ' | b'\t' => ' ',
            byte if byte.is_ascii_punctuation() => char::from(*byte),
            _ => 'a',
        };
        if index == 0 || sign != last || !matches!(sign, '9' | 'a' | ' ') {
            shape.push(sign);
        }
        last = sign;
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_says_nothing() {
        assert_eq!(
            shape("203.0.113.7 - Ada.Lövelace@x.org [10/Oct/2000] \"GET".as_bytes()),
            "9.9.9.9 - a.a@a.a [9/a/9] \"a"
        );
        assert!(shape(&[b'-'; 300]).len() < 90);
        assert_eq!(shape(b""), "");
    }

    #[test]
    fn a_host_without_scheme_is_no_path() {
        let parts = Parts {
            at: Some(1),
            path: Some(Cow::Borrowed(b"w.example.org/a")),
            query: Some(Cow::Borrowed(b"b=1")),
            ..Parts::default()
        };
        let access = parts.access().ok().unwrap();
        assert!(access.vhost.as_deref() == Some(b"w.example.org") && *access.path == *b"/a?b=1");
        assert!(*access.method == *b"GET" && access.status == 0);
        assert!(Parts::default().access().is_err());
        let mut parts = Parts::default();
        for user in [&b"-"[..], b"192.0.2.7 ada", b"grace", b"ada"] {
            parts.user(Cow::Borrowed(user));
        }
        assert!(parts.user.as_deref() == Some(b"grace"));
    }
}
