//! Which format a log has: a name, a format string as the server has it, or found out line by line.

use chrono_tz::Tz;

use super::access::{Access, Fault, Found};
use super::clock::Clock;
use super::columns::Columns;
use super::json::Keys;
use super::line::{Line, LineError, parse_line};
use super::pattern::Pattern;
use super::{apache, haproxy, nginx};

/// Format strings by name.
const PRESETS: [(&str, &str); 6] = [
    (
        "confluence",
        "%t %{X-AUSERNAME}o %I %h %r %s %Dms %b %{Referer}i %{User-Agent}i",
    ),
    (
        "alb",
        "$type $time_iso8601 $elb $client $target $a $b $c $status $d $received $sent \"$request\" \
         \"$http_user_agent\"",
    ),
    (
        "elb",
        "$time_iso8601 $elb $client $target $a $b $c $status $d $received $sent \"$request\" \
         \"$http_user_agent\"",
    ),
    (
        "s3",
        "$owner $host [$time_local] $remote_addr $remote_user $id $operation $key \"$request\" $status \
         $error $bytes_sent $size $total $turn \"$http_referer\" \"$http_user_agent\"",
    ),
    (
        "gandi",
        "$host $remote_addr $ident $remote_user [$time_local] ($seconds s) \"$request\" $status \
         $bytes_sent \"$http_referer\" \"$http_user_agent\"",
    ),
    (
        "bunny",
        "$cache|$status|$msec_whole|$bytes_sent|$zone|$remote_addr|$http_referer|$request_uri|$edge|\
         $http_user_agent|$id|$country",
    ),
];

/// The other names.
const NAMES: &str = "auto, common, combined, icecast, w3c, iis, cloudfront, json, nginx-json, caddy, \
                     traefik, cloudflare, haproxy";

/// Formats that `auto` does not know, by a line of one.
pub(super) fn guessed(line: &[u8], zone: Tz) -> Option<&'static str> {
    let names = PRESETS.iter().map(|(name, _)| *name).chain(["haproxy"]);
    let reads = |name: &&str| {
        let format = Format::of(name, None).ok()?;
        let reading = Reading {
            format: &format,
            keys: &Keys::default(),
            captures: &[],
            zone,
            cut_off: false,
        };
        match reading.read(&mut Columns::default(), line) {
            Ok(Found::Access(access)) => Some(!access.method.is_empty() && !access.path.is_empty()),
            _ => None,
        }
    };
    let mut names = names.filter(|name| reads(name) == Some(true));
    names.next()
}

/// What to ask for where nothing can be read.
pub(super) fn advice() -> String {
    let presets: Vec<_> = PRESETS.iter().map(|(name, _)| *name).collect();
    format!(
        "format = may say another: {}, haproxy, or the LogFormat or log_format of the server",
        presets.join(", ")
    )
}

/// A format.
#[derive(Debug)]
pub(super) enum Format {
    /// Common or Combined, JSON, or whatever `#Fields:` says; line by line.
    Auto,
    /// Common: agents, where there are some, are passed over.
    Common,
    /// Combined: a line without an agent is cut off.
    Combined,
    /// As a format string says.
    Pattern(Pattern),
    /// JSON alone.
    Json,
    /// As `#Fields:` says.
    Columns,
    /// HAProxy's own.
    Haproxy,
}

impl Format {
    /// The format of this name or format string.
    pub(super) fn of(written: &str, time: Option<&Clock>) -> Result<Format, String> {
        let text = written.trim();
        Ok(match text {
            "auto" => Format::Auto,
            "common" => Format::Common,
            "combined" | "icecast" => Format::Combined,
            "w3c" | "iis" | "cloudfront" => Format::Columns,
            "json" | "nginx-json" | "caddy" | "traefik" | "cloudflare" => Format::Json,
            "haproxy" => Format::Haproxy,
            _ => {
                let preset = PRESETS.iter().find(|(name, _)| *name == text);
                let text = preset.map_or(text, |(_, format)| *format);
                if text.contains('%') {
                    Format::Pattern(apache::pattern(text)?)
                } else if text.contains('$') {
                    Format::Pattern(nginx::pattern(text, time)?)
                } else {
                    let presets: Vec<_> = PRESETS.iter().map(|(name, _)| *name).collect();
                    return Err(format!(
                        "{text:?} is no format; valid are {NAMES}, {}, a LogFormat of Apache with its % and \
                         a log_format of nginx with its $",
                        presets.join(", ")
                    ));
                }
            }
        })
    }

    /// What files of this format are made of, for people.
    pub(super) fn is_read_as(&self) -> &'static str {
        match self {
            Format::Auto => "Common or Combined log format, JSON, or a format with a #Fields: line",
            Format::Common => "Common log format",
            Format::Combined => "Combined log format",
            Format::Pattern(_) => "the format that was given",
            Format::Json => "JSON",
            Format::Columns => "a format with a #Fields: line",
            Format::Haproxy => "HAProxy's log format",
        }
    }
}

/// How lines of one log are read.
pub(super) struct Reading<'f> {
    pub(super) format: &'f Format,
    pub(super) keys: &'f Keys,
    /// HAProxy's captured headers.
    pub(super) captures: &'f [String],
    /// Of times that name none.
    pub(super) zone: Tz,
    /// Whether a last line that is shorter than all before it was cut off.
    pub(super) cut_off: bool,
}

impl Reading<'_> {
    /// Reads one line.
    pub(super) fn read<'a>(
        &self,
        columns: &mut Columns,
        text: &'a [u8],
    ) -> Result<Found<'a>, Fault> {
        match self.format {
            Format::Auto if text.first() == Some(&b'{') => self.keys.read(text, self.zone),
            Format::Auto if columns.are_known() => columns.read(text, self.zone).map(Found::Access),
            Format::Auto | Format::Common | Format::Combined => self.line(text),
            Format::Pattern(pattern) => pattern.read(text, self.zone).map(Found::Access),
            Format::Json => self.keys.read(text, self.zone),
            Format::Columns => columns.read(text, self.zone).map(Found::Access),
            Format::Haproxy => haproxy::read(text, self.captures, self.zone).map(Found::Access),
        }
    }

    fn line<'a>(&self, text: &'a [u8]) -> Result<Found<'a>, Fault> {
        let line = match parse_line(text) {
            Ok(line) => line,
            // What collects the output of containers writes the container's name in front.
            Err(_)
                if matches!(self.format, Format::Auto)
                    && text.ends_with(b"}")
                    && memchr::memmem::find(text, b"{\"").is_some() =>
            {
                return self.keys.read(text, self.zone);
            }
            Err(error) => return Err(error.into()),
        };
        let access: Access<'a> = match (self.format, line.agent) {
            (Format::Combined, None) => return Err(LineError::Referer.into()),
            (_, None) if self.cut_off => return Err(LineError::Referer.into()),
            (Format::Common, Some(_)) => Line {
                referer: None,
                agent: None,
                ..line
            }
            .into(),
            _ => line.into(),
        };
        Ok(Found::Access(access))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_format() {
        for (name, _) in PRESETS {
            assert!(Format::of(name, None).is_ok(), "{name}");
        }
        for name in NAMES.split(", ") {
            assert!(Format::of(name, None).is_ok(), "{name}");
        }
        let refused = Format::of("combine", None).err().unwrap_or_default();
        assert!(
            refused.contains("\"combine\"") && refused.contains("confluence"),
            "{refused}"
        );
    }

    #[test]
    fn lines_of_every_preset() {
        for (name, line, user, whole) in [
            (
                "alb",
                "h2 2024-02-01T12:00:52.127531Z app/wiki/50dc 192.0.2.7:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 \"GET https://w.example.org:443/pm/1 HTTP/2.0\" \"Mozilla/5.0 (X11)\" TLS_AES_128 TLSv1.3 arn:x \"Root=1\"",
                "",
                true,
            ),
            (
                "elb",
                "2024-02-01T12:00:52.127531Z wiki 192.0.2.7:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 \"GET http://w.example.org:80/pm/1 HTTP/1.1\" \"Mozilla/5.0 (X11)\" - -",
                "",
                true,
            ),
            (
                "s3",
                "79a59df900b949e5 w.example.org [01/Feb/2024:12:00:52 +0000] 192.0.2.7 arn:aws:iam::123456789012:user/ada 3E57427F3EXAMPLE WEBSITE.GET.OBJECT pm/1 \"GET /pm/1 HTTP/1.1\" 200 - 2662992 3462992 70 10 \"-\" \"Mozilla/5.0 (X11)\" - x= SigV4",
                "arn:aws:iam::123456789012:user/ada",
                false,
            ),
            (
                "gandi",
                "w.example.org 192.0.2.7 - ada [01/Feb/2024:12:00:52 +0000] (0 s) \"GET /pm/1 HTTP/1.1\" 200 1124 \"-\" \"Mozilla/5.0 (X11)\"",
                "ada",
                false,
            ),
            (
                "bunny",
                "HIT|200|1706788852000|412|390|192.0.2.7|-|https://w.example.org/pm/1|WA|Mozilla/5.0 (X11)|322b688b|DE",
                "",
                true,
            ),
            (
                "confluence",
                "[01/Feb/2024:13:00:52 +0100] ada http-nio-8090-exec-6 192.0.2.7 GET /pm/1 HTTP/1.1 200 10ms 7881 - Mozilla/5.0 (X11)",
                "ada",
                false,
            ),
        ] {
            let format = Format::of(name, None).unwrap();
            let reading = Reading {
                format: &format,
                keys: &Keys::default(),
                captures: &[],
                zone: Tz::UTC,
                cut_off: false,
            };
            let mut columns = Columns::default();
            let found = reading.read(&mut columns, line.as_bytes());
            let access = match found {
                Ok(Found::Access(access)) => access,
                Ok(Found::Other(reason)) => panic!("{name}: {reason}"),
                Err(fault) => panic!("{name}: {fault:?}"),
            };
            assert_eq!(access.at / 1000, 1_706_788_852, "{name}");
            assert_eq!(
                (access.status, &*access.method),
                (200, &b"GET"[..]),
                "{name}"
            );
            let path = String::from_utf8_lossy(&access.path);
            assert!(
                path.ends_with("/pm/1") && path.starts_with("http") == whole,
                "{name}: {path}"
            );
            assert!(
                access.agent.as_deref() == Some(b"Mozilla/5.0 (X11)"),
                "{name}"
            );
            assert!(*access.user == *user.as_bytes(), "{name}");
        }
    }
}
