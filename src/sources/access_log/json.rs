//! Lines of JSON: those of Caddy, Traefik and Cloudflare, nginx with any keys that make sense, and keys
//! that the operator names.

use std::borrow::Cow;

use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::Value;

use super::access::{Bytes, Fault, Found, Parts, is_prefetch};
use super::clock::{self, Clock};
use super::pattern::status;

/// Names of keys by what they say. A dot goes into an object; a key that has a dot itself goes before.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    time: Option<String>,
    method: Option<String>,
    path: Option<String>,
    request: Option<String>,
    status: Option<String>,
    host: Option<String>,
    user: Option<String>,
    agent: Option<String>,
    purpose: Option<String>,
    /// How times are written, where that is unusual.
    #[serde(skip)]
    pub(super) clock: Option<Clock>,
}

/// The usual keys, in the order in which they are looked for.
const TIME: &[&str] = &[
    "ts",
    "StartUTC",
    "EdgeStartTimestamp",
    "StartLocal",
    "time_iso8601",
    "@timestamp",
    "timestamp",
    "Timestamp",
    "time_local",
    "msec",
    "datetime",
    "date",
    "time",
];
const METHOD: &[&str] = &[
    "request.method",
    "RequestMethod",
    "ClientRequestMethod",
    "request_method",
    "http.request.method",
    "method",
    "verb",
];
const PATH: &[&str] = &[
    "request.uri",
    "RequestPath",
    "ClientRequestURI",
    "request_uri",
    "url.original",
    "uri",
    "path",
    "Url",
    "url",
];
const STATUS: &[&str] = &[
    "DownstreamStatus",
    "EdgeResponseStatus",
    "http.response.status_code",
    "status_code",
    "Status",
    "status",
];
const HOST: &[&str] = &[
    "request.host",
    "RequestHost",
    "ClientRequestHost",
    "http_host",
    "server_name",
    "vhost",
    "Host",
    "host",
];
const USER: &[&str] = &[
    "user_id",
    "ClientUsername",
    "request.headers.X-Forwarded-User",
    "request_X-Forwarded-User",
    "user.name",
    "remote_user",
    "user",
];
const AGENT: &[&str] = &[
    "request.headers.User-Agent",
    "request_User-Agent",
    "ClientRequestUserAgent",
    "user_agent.original",
    "http_user_agent",
    "user_agent",
    "UserAgent",
    "userAgent",
    "agent",
];
const PURPOSE: &[&str] = &[
    "request.headers.Sec-Purpose",
    "request.headers.Purpose",
    "request_Sec-Purpose",
    "http_sec_purpose",
    "sec_purpose",
];

impl Keys {
    /// Reads one line. Programs write other things into the same stream; those are told apart.
    pub(super) fn read<'a>(&self, line: &'a [u8], zone: Tz) -> Result<Found<'a>, Fault> {
        // What collects the output of containers writes the container's name in front.
        let start = memchr::memchr(b'{', line).unwrap_or(0);
        let value: Value = serde_json::from_slice(&line[start..])
            .map_err(|_| Fault::new("", "there should be one object of JSON"))?;
        if !value.is_object() {
            return Err(Fault::new("", "there should be one object of JSON"));
        }
        let is_other = match value.get("logger").and_then(Value::as_str) {
            Some(logger) => !logger.starts_with("http.log.access"),
            None => false,
        };
        let status = text(&value, self.status.as_deref(), STATUS);
        let at = text(&value, self.time.as_deref(), TIME);
        let request = text(&value, self.request.as_deref(), &["request"]);
        let path = text(&value, self.path.as_deref(), PATH);
        if is_other || (status.is_none() && path.is_none() && request.is_none()) {
            return Ok(Found::Other("another message than of an access"));
        }
        let missing = |field: &str, own: Option<&str>, usual: &[&str]| {
            let keys = own.map_or_else(|| usual.join(", "), str::to_owned);
            Fault::new(
                own.unwrap_or(field),
                format!("there should be one of the keys {keys}; say another in fields.{field}"),
            )
        };
        let at = at.ok_or_else(|| missing("time", self.time.as_deref(), TIME))?;
        let at = match &self.clock {
            Some(clock) => clock.read(at.as_bytes(), zone),
            None => clock::any(&at, zone),
        };
        let at = at.ok_or_else(|| {
            Fault::new(
                "time",
                "there should be a time such as 2000-10-10T13:55:36Z",
            )
        })?;
        if path.is_none() && request.is_none() {
            return Err(missing("path", self.path.as_deref(), PATH));
        }
        let status = status.ok_or_else(|| missing("status", self.status.as_deref(), STATUS))?;
        let status = self::status(status.as_bytes());
        let method = text(&value, self.method.as_deref(), METHOD);
        let agent = text(&value, self.agent.as_deref(), AGENT).or_else(|| {
            // All headers are there, and this one was not sent.
            let headers = value.get("request")?.get("headers")?;
            headers.is_object().then(String::new)
        });
        let mut parts = Parts {
            at: Some(at),
            request: if path.is_some() { None } else { bytes(request) },
            path: bytes(path),
            method: bytes(method),
            status,
            host: bytes(text(&value, self.host.as_deref(), HOST)),
            agent: bytes(agent),
            prefetch: text(&value, self.purpose.as_deref(), PURPOSE)
                .is_some_and(|purpose| is_prefetch(purpose.as_bytes(), b"")),
            ..Parts::default()
        };
        if let Some(args) = text(&value, None, &["args", "query_string"])
            && parts
                .path
                .as_deref()
                .is_some_and(|path| !path.contains(&b'?'))
        {
            parts.query = bytes(Some(args));
        }
        if let Some(user) = bytes(text(&value, self.user.as_deref(), USER)) {
            parts.user(user);
        }
        parts.access().map(Found::Access)
    }
}

fn bytes<'a>(text: Option<String>) -> Option<Bytes<'a>> {
    text.map(|text| Cow::Owned(text.into_bytes()))
}

/// The value of the operator's key, or of the first usual one that is there.
fn text(value: &Value, own: Option<&str>, usual: &[&str]) -> Option<String> {
    let found = match own {
        Some(key) => at(value, key),
        None => usual.iter().find_map(|key| at(value, key)),
    }?;
    match found {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(list) => list.first().and_then(Value::as_str).map(str::to_owned),
        _ => None,
    }
}

/// The value at a key, or at keys parted by dots; objects are no values here.
fn at<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    let direct = value.get(key).filter(|found| !found.is_object());
    direct.or_else(|| {
        let (first, rest) = key.split_once('.')?;
        at(value.get(first)?, rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::UTC;

    fn read(keys: &str, line: &str) -> Result<Option<(String, u16, String)>, Fault> {
        let keys: Keys = toml::from_str(keys).unwrap();
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(match keys.read(line.as_bytes(), UTC)? {
            Found::Access(access) => Some((
                shown(&access.path),
                access.status,
                format!(
                    "{} {} {}",
                    shown(&access.method),
                    shown(&access.user),
                    access.agent.as_deref().map_or("?".to_owned(), shown)
                ),
            )),
            Found::Other(_) => None,
        })
    }

    #[test]
    fn keys_of_many_servers() {
        for (line, path, rest) in [
            (
                r#"{"logger":"http.log.access.a","ts":1706788852.6,"request":{"method":"GET","uri":"/a","headers":{"User-Agent":["x"]}},"user_id":"ada","status":200}"#,
                "/a",
                "GET ada x",
            ),
            (
                r#"web_1 | {"ts":1706788852,"request":{"method":"GET","uri":"/a","headers":{}},"status":200}"#,
                "/a",
                "GET  ",
            ),
            (
                r#"{"StartUTC":"2024-02-01T12:00:52Z","DownstreamStatus":"200","RequestMethod":"GET","RequestPath":"/a?b","ClientUsername":"-"}"#,
                "/a?b",
                "GET - ?",
            ),
            (
                r#"{"time_iso8601":"2024-02-01T12:00:52+00:00","request":"GET /a HTTP/1.1","status":"200","remote_user":"ada"}"#,
                "/a",
                "GET ada ?",
            ),
            (
                r#"{"@timestamp":"2024-02-01T12:00:52Z","uri":"/a","args":"b=1","status":200,"method":"GET"}"#,
                "/a?b=1",
                "GET  ?",
            ),
        ] {
            let found = read("", line).unwrap();
            assert_eq!(
                found,
                Some((path.to_owned(), 200, rest.to_owned())),
                "{line}"
            );
        }
        let other = r#"{"logger":"tls","ts":1,"msg":"x"}"#;
        assert_eq!(read("", other).unwrap(), None);
    }

    #[test]
    fn own_keys_and_what_is_missing() {
        let keys = "path = 'req.target'\ntime = 'when.utc'\nstatus = 'code'\nuser = 'who'";
        let line =
            r#"{"when.utc":"2024-02-01T12:00:52Z","req":{"target":"/a"},"code":304,"who":"ada"}"#;
        let found = read(keys, line).unwrap();
        assert_eq!(found, Some(("/a".to_owned(), 304, "GET ada ?".to_owned())));
        for (line, words) in [
            ("{\"status\":200,\"path\":\"/a\"}", "fields.time"),
            ("{\"status\":200,\"ts\":1}", "fields.path"),
            ("{\"path\":\"/a\",\"ts\":1}", "fields.status"),
            (
                "{\"path\":\"/a\",\"ts\":\"x\",\"status\":200}",
                "2000-10-10",
            ),
            ("{\"path\":", "object of JSON"),
            ("7", "object of JSON"),
        ] {
            let fault = read("", line).unwrap_err();
            assert!(fault.reason.contains(words), "{line}: {fault:?}");
        }
    }
}
