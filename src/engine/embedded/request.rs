//! What an HTTP request asks of the engine: ClickHouse's URL parameters and headers, sorted into
//! settings, statement parameters and matters of the door.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method};

use super::codings::Coding;
use super::connection::Params;
use super::exception::{BAD_ARGUMENTS, DISABLED, Exception, UNKNOWN_SETTING};

/// A request, read.
pub(super) struct Asked {
    /// The text in the URL; the body follows it.
    pub(super) query: Option<String>,
    /// `param_…`.
    pub(super) params: Params,
    /// Everything that is a setting of ClickHouse.
    pub(super) settings: Vec<(String, String)>,
    /// The database to use, where it is not `default`.
    pub(super) database: Option<String>,
    /// The format of a result whose text names none.
    pub(super) format: String,
    /// The id that the client gave, given back in the answer.
    pub(super) query_id: Option<String>,
    /// The answer is to be packed in blocks.
    pub(super) compress: bool,
    /// The body is packed in blocks.
    pub(super) decompress: bool,
    /// How the body is coded.
    pub(super) content: Coding,
    /// How the answer may be coded.
    pub(super) accept: Coding,
    /// The answer is to wait for the whole result.
    pub(super) whole: bool,
    /// The body is a form with this boundary: the text and its parameters.
    pub(super) boundary: Option<String>,
    /// The client names a session. Many do by default and never use it; see `execute::checked`.
    pub(super) session: bool,
    /// `GET` and `HEAD` change nothing.
    pub(super) safe: bool,
}

/// The user and password that a request names, in ClickHouse's three ways.
#[derive(Default)]
pub(super) struct Login {
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
}

/// Reads URL and headers.
pub(super) fn read(parts: &Parts) -> Result<(Asked, Login), Exception> {
    let mut login = login(&parts.headers);
    let header = |name: &str| text(&parts.headers, name);
    let mut asked = Asked {
        query: None,
        params: Params::default(),
        settings: Vec::new(),
        database: header("X-ClickHouse-Database"),
        format: header("X-ClickHouse-Format").unwrap_or_else(|| "TabSeparated".to_owned()),
        query_id: None,
        compress: false,
        decompress: false,
        content: Coding::of_request(&header(CONTENT_ENCODING.as_str()).unwrap_or_default())?,
        accept: Coding::of_answer(&header(ACCEPT_ENCODING.as_str()).unwrap_or_default()),
        whole: false,
        boundary: boundary(&parts.headers)?,
        session: false,
        safe: parts.method == Method::GET || parts.method == Method::HEAD,
    };
    let pairs = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    for (name, value) in pairs {
        let value = value.into_owned();
        match &*name {
            "query" => asked.query = Some(value),
            "database" => asked.database = Some(value).filter(|name| !name.is_empty()),
            "default_format" => asked.format = value,
            "query_id" => asked.query_id = Some(value),
            "compress" => asked.compress = switch(&name, &value)?,
            "decompress" => asked.decompress = switch(&name, &value)?,
            "wait_end_of_query" => asked.whole = switch(&name, &value)?,
            "enable_http_compression" => {
                if !switch(&name, &value)? {
                    asked.accept = Coding::Plain;
                }
            }
            "user" => login.user = Some(value),
            "password" => login.password = Some(value),
            "session_id" => asked.session = true,
            "role" => {
                return Err(Exception::new(
                    DISABLED,
                    "'role' is not supported by the embedded engine: it has no SQL users; leave it out",
                ));
            }
            // Matters of sessions, buffers and clients that have no bearing here.
            "session_timeout"
            | "session_check"
            | "close_session"
            | "quota_key"
            | "buffer_size"
            | "stacktrace"
            | "client_protocol_version" => {}
            _ => match name.strip_prefix("param_") {
                Some(parameter) => asked.params.set(parameter.to_owned(), value),
                None => asked.settings.push((setting(&name)?, value)),
            },
        }
    }
    Ok((asked, login))
}

/// The statements that bring a fresh connection to what the request asks. The `mark` goes to the end
/// of the `log_comment`; see `flight`.
pub(super) fn preparation(asked: &Asked, read_only: bool, mark: &str) -> Vec<String> {
    let mut statements = Vec::new();
    if let Some(database) = &asked.database {
        let name = database.replace('\\', "\\\\").replace('`', "\\`");
        statements.push(format!("USE `{name}`"));
    }
    // libchdb lets a bare `1` be a query; a server does not.
    let mut set = "SET implicit_select = 0".to_owned();
    // A client may be stricter than the door, never laxer.
    let mut readonly = None;
    let mut comment = "";
    for (name, value) in &asked.settings {
        match name.as_str() {
            "readonly" => readonly = Some(value.clone()),
            "log_comment" => comment = value,
            _ => set.push_str(&format!(", {name} = {}", quoted(value))),
        }
    }
    let comment = format!("{comment} {mark}");
    set.push_str(&format!(", log_comment = {}", quoted(comment.trim_start())));
    statements.push(set);
    let readonly = match (read_only, asked.safe, readonly.as_deref()) {
        (true, _, _) | (_, _, Some("1")) => 1,
        (_, true, _) | (_, _, Some("2")) => 2,
        _ => 0,
    };
    if readonly > 0 {
        statements.push(format!("SET readonly = {readonly}"));
    }
    statements
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Takes text and parameters out of a form.
pub(super) fn form(asked: &mut Asked, body: &[u8]) -> Result<Vec<u8>, Exception> {
    let boundary = asked.boundary.clone().unwrap_or_default();
    let bad = |what: &str| Exception::new(BAD_ARGUMENTS, &format!("the form is broken: {what}"));
    let mark = format!("\r\n--{boundary}");
    // The first boundary has no line end before it.
    let mut rest = body
        .strip_prefix(&mark.as_bytes()[2..])
        .ok_or_else(|| bad("it does not begin with its boundary"))?;
    let mut query = asked.query.take().unwrap_or_default().into_bytes();
    while !rest.starts_with(b"--") {
        rest = rest
            .strip_prefix(b"\r\n")
            .ok_or_else(|| bad("a boundary is followed by neither a line end nor '--'"))?;
        let head = memchr::memmem::find(rest, b"\r\n\r\n")
            .ok_or_else(|| bad("a part has no end of headers"))?;
        let name = field_name(&rest[..head]).ok_or_else(|| bad("a part has no name"))?;
        rest = &rest[head + 4..];
        let end = memchr::memmem::find(rest, mark.as_bytes())
            .ok_or_else(|| bad("its last boundary is missing"))?;
        let value = &rest[..end];
        rest = &rest[end + mark.len()..];
        if name == "query" {
            query.extend_from_slice(value);
        } else if let Some(parameter) = name.strip_prefix("param_") {
            let value =
                String::from_utf8(value.to_vec()).map_err(|_| bad("a parameter is not UTF-8"))?;
            asked.params.set(parameter.to_owned(), value);
        } else {
            return Err(bad(&format!(
                "the part '{name}' is unknown; 'query' and 'param_…' are known, external tables are not supported"
            )));
        }
    }
    Ok(query)
}

fn field_name(head: &[u8]) -> Option<String> {
    let head = std::str::from_utf8(head).ok()?;
    let from = head.find("name=\"")? + 6;
    let length = head[from..].find('"')?;
    Some(head[from..from + length].to_owned())
}

fn login(headers: &HeaderMap) -> Login {
    if let Some(user) = text(headers, "X-ClickHouse-User") {
        return Login {
            user: Some(user),
            password: text(headers, "X-ClickHouse-Key"),
        };
    }
    let basic = text(headers, "Authorization")
        .and_then(|value| value.strip_prefix("Basic ").map(str::to_owned))
        .and_then(|value| BASE64.decode(value.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    match basic.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((user, password)) => Login {
            user: Some(user.to_owned()),
            password: Some(password.to_owned()),
        },
        None => Login {
            user: None,
            password: text(headers, "X-ClickHouse-Key"),
        },
    }
}

fn boundary(headers: &HeaderMap) -> Result<Option<String>, Exception> {
    let Some(kind) = text(headers, CONTENT_TYPE.as_str()) else {
        return Ok(None);
    };
    if !kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        return Ok(None);
    }
    let boundary = kind
        .split(';')
        .find_map(|part| part.trim().strip_prefix("boundary="))
        .map(|value| value.trim_matches('"').to_owned())
        .filter(|value| !value.is_empty());
    match boundary {
        Some(boundary) => Ok(Some(boundary)),
        None => Err(Exception::new(
            BAD_ARGUMENTS,
            "the Content-Type multipart/form-data names no boundary",
        )),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

fn switch(name: &str, value: &str) -> Result<bool, Exception> {
    match value {
        "1" | "true" => Ok(true),
        "0" | "false" | "" => Ok(false),
        _ => Err(Exception::new(
            BAD_ARGUMENTS,
            &format!("'{name}' is '{value}'; it may be 0 or 1"),
        )),
    }
}

/// Only what looks like a setting gets into a `SET`.
fn setting(name: &str) -> Result<String, Exception> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !name.is_empty() && name.bytes().all(plain) {
        return Ok(name.to_owned());
    }
    Err(Exception::new(
        UNKNOWN_SETTING,
        &format!("Unknown setting '{}'.", name.escape_debug()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: Method, uri: &str) -> Result<Asked, Exception> {
        let request = hyper::Request::builder().method(method).uri(uri).body(());
        read(&request.unwrap().into_parts().0).map(|(asked, _)| asked)
    }

    #[test]
    fn a_basic_login_is_read() {
        let login = |value: &str| {
            let request = hyper::Request::builder().header("Authorization", value);
            let login = read(&request.body(()).unwrap().into_parts().0).unwrap().1;
            (login.user, login.password)
        };
        let both = |user: &str, password: &str| (Some(user.into()), Some(password.into()));
        assert_eq!(login("Basic dTpw"), both("u", "p"));
        assert_eq!(login("Basic dTpwOsO8Pw=="), both("u", "p:\u{fc}?"));
        for value in [
            "Basic dTpw=",
            "Basic dT-w",
            "Basic dXA=",
            "Basic ",
            "Bearer dTpw",
        ] {
            assert_eq!(login(value), (None, None), "{value}");
        }
    }

    #[test]
    fn nothing_in_a_url_breaks_out_of_its_quotes() {
        let asked = asked(
            Method::POST,
            "/?database=a%60%3B%5C&max_threads=1&session_timezone=%27%5C%3B&log_comment=%27",
        )
        .unwrap();
        assert_eq!(
            preparation(&asked, false, "m"),
            [
                r"USE `a\`;\\`",
                r"SET implicit_select = 0, max_threads = '1', session_timezone = '\'\\;', log_comment = '\' m'",
            ]
        );
    }

    #[test]
    fn a_client_can_only_make_the_door_stricter() {
        let last = |method: Method, uri: &str, read_only| {
            preparation(&asked(method, uri).unwrap(), read_only, "m").pop()
        };
        let set = |level: u8| Some(format!("SET readonly = {level}"));
        assert_eq!(last(Method::POST, "/?readonly=0", true), set(1));
        assert_eq!(last(Method::POST, "/?readonly=2", true), set(1));
        assert_eq!(last(Method::POST, "/?readonly=1", false), set(1));
        assert_eq!(last(Method::GET, "/?readonly=0", false), set(2));
        assert_eq!(last(Method::GET, "/?readonly=1", false), set(1));
        assert_eq!(last(Method::HEAD, "/", false), set(2));
        assert_eq!(
            last(Method::POST, "/", false),
            Some("SET implicit_select = 0, log_comment = 'm'".to_owned())
        );
    }

    #[test]
    fn broken_forms_are_refused() {
        let whole =
            "--b\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nSELECT 1\r\n--b--\r\n";
        let read = |body: &str| {
            let mut asked = asked(Method::POST, "/").unwrap();
            asked.boundary = Some("b".to_owned());
            form(&mut asked, body.as_bytes())
        };
        assert_eq!(read(whole).unwrap(), b"SELECT 1");
        for end in 0..whole.len() - 4 {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
        assert!(read(&whole.replace("query", "table")).is_err());
    }
}
