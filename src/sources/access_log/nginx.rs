//! Format strings as nginx writes them: `$remote_addr - $remote_user [$time_local] "$request" $status`.

use super::access::{names_purpose, names_user};
use super::clock::Clock;
use super::pattern::{Pattern, Tells};

/// The pattern of a format string. nginx's modules know many more variables than those that tell of a
/// read; any other is passed over. `time` is how `$time_local` was made to look, where that is not as nginx
/// writes it.
pub(super) fn pattern(written: &str, time: Option<&Clock>) -> Result<Pattern, String> {
    let format = directive(written);
    if format.trim_start().starts_with('{') {
        return Err(
            "it writes JSON; leave format at \"auto\" or \"json\", and name its keys in fields if they \
             are not understood"
                .to_owned(),
        );
    }
    let mut pattern = Pattern::new(true);
    let mut rest = format.as_str();
    while let Some(at) = rest.find('$') {
        pattern.text(&rest[..at]);
        rest = &rest[at..];
        let (length, name) = variable(rest).ok_or_else(|| {
            let shown: String = rest.chars().take_while(|c| !c.is_whitespace()).collect();
            format!("{shown:?} is no variable of log_format")
        })?;
        let tells = match (tells(name), time) {
            (Tells::Time(Clock::Common), Some(time)) => Tells::Time(time.clone()),
            (tells, _) => tells,
        };
        pattern.field(&rest[..length], tells)?;
        rest = &rest[length..];
    }
    pattern.text(rest);
    pattern.complete([
        "$time_local, $time_iso8601 or $msec",
        "$request, or $request_method with $request_uri",
    ])
}

/// The format alone, where somebody copied the whole directive with its pieces in quotes.
fn directive(written: &str) -> String {
    let written = written.trim();
    let Some(rest) = written.strip_prefix("log_format") else {
        return written.to_owned();
    };
    let mut format = String::new();
    let mut rest = rest.trim_end().trim_end_matches(';');
    while let Some(open) = rest.find(['\'', '"']) {
        let quote = &rest[open..=open];
        let inside = &rest[open + 1..];
        let end = inside.find(quote).unwrap_or(inside.len());
        format.push_str(&inside[..end]);
        rest = inside.get(end + 1..).unwrap_or_default();
    }
    format
}

/// The length and the name of the variable that stands here.
fn variable(text: &str) -> Option<(usize, &str)> {
    let inside = text.strip_prefix('$')?;
    if let Some(braced) = inside.strip_prefix('{') {
        let end = braced.find('}').filter(|end| *end > 0)?;
        return Some((end + 3, &braced[..end]));
    }
    let end = inside
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(inside.len());
    (end > 0).then(|| (end + 1, &inside[..end]))
}

fn tells(name: &str) -> Tells {
    let header = name
        .strip_prefix("upstream_http_")
        .or_else(|| name.strip_prefix("sent_http_"))
        .or_else(|| name.strip_prefix("http_"))
        .map(|header| header.replace('_', "-"));
    match name {
        "time_local" => Tells::Time(Clock::Common),
        "time_iso8601" => Tells::Time(Clock::Iso),
        "msec" => Tells::Time(Clock::Seconds),
        // Of ours, for presets alone.
        "msec_whole" => Tells::Time(Clock::Millis),
        "request" => Tells::Request,
        "request_method" => Tells::Method,
        "request_uri" | "uri" | "document_uri" => Tells::Path,
        "args" | "query_string" | "is_args" => Tells::Query,
        "status" => Tells::Status,
        "remote_user" => Tells::User,
        "host" | "server_name" | "http_host" => Tells::Host,
        "http_user_agent" => Tells::Agent,
        "remote_addr"
        | "binary_remote_addr"
        | "remote_port"
        | "server_port"
        | "server_addr"
        | "body_bytes_sent"
        | "bytes_sent"
        | "request_length"
        | "request_time"
        | "connection"
        | "connection_requests"
        | "server_protocol"
        | "scheme"
        | "pipe"
        | "request_id" => Tells::Word,
        _ => match header {
            Some(header) if names_user(&header) => Tells::User,
            Some(header) if names_purpose(&header) => Tells::Purpose,
            _ => Tells::Anything,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::UTC;

    #[test]
    fn what_people_have_is_understood() {
        for format in [
            "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\"",
            "log_format main '$remote_addr - $remote_user [$time_local] \"$request\" '\n '$status \"$http_referer\"';",
            "$msec $scheme://$host$request_uri $request_method ${status} $http_x_forwarded_user",
            "$time_iso8601|$host|$request_method|$uri$is_args$args|$status",
        ] {
            let refused = pattern(format, None).err();
            assert_eq!(refused, None, "{format}");
        }
        for (format, words) in [
            ("{\"a\":\"$request\"}", "writes JSON"),
            ("$request $status", "no time"),
            ("$time_local $status", "add $request"),
            ("$time_local $request", "no status"),
            ("$ $time_local", "is no variable"),
            (
                "$status$request $time_local",
                "between $status and $request",
            ),
        ] {
            let refused = pattern(format, None).err().unwrap_or_default();
            assert!(refused.contains(words), "{format}: {refused}");
        }
    }

    #[test]
    fn lines_by_such_formats() {
        let format = pattern("$msec $scheme://$host$request_uri $request_method $status \"$http_user_agent\" $http_x_forwarded_user \"$http_sec_purpose\"", None).unwrap();
        let line = b"1706788852.682 https://w.example.org/a?b=c GET 200 \"a \\\" b\" ada \"prefetch;prerender\" 7";
        let access = format.read(line, UTC).ok().unwrap();
        assert!(access.vhost.as_deref() == Some(b"w.example.org") && *access.path == *b"/a?b=c");
        assert!(*access.user == *b"ada" && access.prefetch && access.at == 1_706_788_852_682);
        assert!(access.agent.as_deref() == Some(br#"a \" b"#));

        let format = pattern(
            "$time_iso8601|$host|$request_method|$uri$is_args$args|$status",
            None,
        )
        .unwrap();
        let access = format.read(b"2024-02-01T12:00:52+00:00|h|GET|/a|b?c|304", UTC);
        assert!(access.is_ok_and(|access| *access.path == *b"/a|b?c" && access.status == 304));
    }
}
