//! Format strings as Apache and Tomcat write them: `%h %l %u %t "%r" %>s %b`.

use super::access::{names_purpose, names_user};
use super::clock::Clock;
use super::pattern::{Pattern, Tells};

/// The pattern of a format string; says which directive is not understood.
pub(super) fn pattern(written: &str) -> Result<Pattern, String> {
    let format = directive(written);
    let mut pattern = Pattern::new(true);
    let mut rest = format.as_str();
    while let Some(at) = rest.find('%') {
        pattern.text(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("%%") {
            pattern.text("%");
            rest = after;
            continue;
        }
        let (name, argument, letter) = split(rest)?;
        let field = &rest[..name];
        rest = &rest[name..];
        one(&mut pattern, field, argument, letter)?;
    }
    pattern.text(rest);
    pattern.complete(["%t", "%r, or %m with %U%q"])
}

/// The format alone, where somebody copied the whole line of the configuration.
fn directive(written: &str) -> String {
    let written = written.trim();
    let Some(rest) = written.strip_prefix("LogFormat") else {
        return written.replace("\\\"", "\"").replace("\\t", "\t");
    };
    let rest = rest.trim_start();
    let inside = match rest.strip_prefix('"') {
        // Up to the last quote; behind it stands the format's name.
        Some(quoted) => quoted.rsplit_once('"').map_or(quoted, |(inside, _)| inside),
        None => rest,
    };
    inside.replace("\\\"", "\"").replace("\\t", "\t")
}

/// The length of a directive, its argument in braces, its letter.
fn split(text: &str) -> Result<(usize, Option<&str>, char), String> {
    let unknown = || {
        let shown: String = text.chars().take_while(|c| !c.is_whitespace()).collect();
        format!("{shown:?} is no directive of LogFormat; %% writes a per cent sign")
    };
    // `%!200,304{Referer}i`, `%>s`: for which answers, and of which request.
    let mut at = 1 + text[1..]
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '!' | ',' | '<' | '>')))
        .ok_or_else(unknown)?;
    let mut argument = None;
    if let Some(inside) = text[at..].strip_prefix('{') {
        let end = inside.find('}').ok_or_else(unknown)?;
        argument = Some(&inside[..end]);
        at += end + 2;
    }
    if let Some(behind) = text[at..].strip_prefix('^') {
        // `%^FB`, `%{VARNAME}^ti`.
        let letters = behind.get(..2).ok_or_else(unknown)?;
        let known = matches!(letters, "FB" | "FU" | "ti" | "to");
        return match known {
            true => Ok((at + 3, argument, '^')),
            false => Err(unknown()),
        };
    }
    let letter = text[at..].chars().next().ok_or_else(unknown)?;
    if !"aAbBCDefhHiIkKlLmnopPqrRsStTuUvVxXOcFM".contains(letter) {
        return Err(unknown());
    }
    Ok((at + letter.len_utf8(), argument, letter))
}

fn one(
    pattern: &mut Pattern,
    field: &str,
    argument: Option<&str>,
    letter: char,
) -> Result<(), String> {
    let tells = match (letter, argument) {
        ('t', Some(form)) => return time(pattern, field, form),
        ('t', None) => {
            pattern.text("[");
            pattern.field(field, Tells::Time(Clock::Common))?;
            pattern.text("]");
            return Ok(());
        }
        ('u', _) => Tells::User,
        ('v' | 'V', _) => Tells::Host,
        ('r', _) => Tells::Request,
        ('m', _) => Tells::Method,
        ('U', _) => Tells::Path,
        ('q', _) => Tells::Query,
        ('s', _) => Tells::Status,
        ('i' | 'o', Some(header)) if header.eq_ignore_ascii_case("user-agent") => Tells::Agent,
        ('i', Some(header)) if header.eq_ignore_ascii_case("host") => Tells::Host,
        ('i', Some(header)) if names_purpose(header) => Tells::Purpose,
        ('e', Some("REMOTE_USER")) => Tells::User,
        ('i' | 'o', Some(header)) if names_user(header) => Tells::User,
        ('i' | 'o' | 'C' | 'e' | 'n' | 'x' | 'c' | 'f' | 'R' | '^', _) => Tells::Anything,
        _ => Tells::Word,
    };
    pattern.field(field, tells)
}

/// `%{…}t`: when the request came, by a word for the unit or by a pattern of strftime.
fn time(pattern: &mut Pattern, field: &str, form: &str) -> Result<(), String> {
    let form = form
        .strip_prefix("begin:")
        .or_else(|| form.strip_prefix("end:"))
        .unwrap_or(form);
    let tells = match form {
        "sec" => Tells::Time(Clock::Seconds),
        "msec" => Tells::Time(Clock::Millis),
        "usec" => Tells::Time(Clock::Micros),
        "msec_frac" | "usec_frac" => Tells::Word,
        _ => Tells::Time(Clock::pattern(form).map_err(|why| format!("{field}: {why}"))?),
    };
    pattern.field(field, tells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::UTC;

    #[test]
    fn what_people_have_is_understood() {
        for format in [
            "%h %l %u %t \"%r\" %>s %b",
            "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{Referer}i\\\" \\\"%{User-agent}i\\\"\" combined",
            "%v:%p %a %l %u %{%Y-%m-%dT%H:%M:%S%z}t \"%m %U%q %H\" %s %!200,304{Referer}i %D%%",
            "%{sec}t %{msec_frac}t %m %U%q %>s",
        ] {
            assert!(pattern(format).is_ok(), "{format}");
        }
        for (format, words) in [
            ("%h %t \"%r\" %>s %Z", "\"%Z\" is no directive"),
            ("%h %t \"%r\" %>s %{x", "is no directive"),
            ("%h %u \"%r\" %>s", "no time; add %t"),
            ("%h %t %>s", "add %r"),
            ("%h %t \"%r\"", "no status"),
            ("%h%u %t \"%r\" %>s", "between %h and %u"),
            ("%{%Q}t \"%r\" %>s", "no pattern of a time"),
            ("%", "is no directive"),
        ] {
            let refused = pattern(format).err().unwrap_or_default();
            assert!(refused.contains(words), "{format}: {refused}");
        }
    }

    #[test]
    fn users_with_spaces_and_requests_without_quotes() {
        let confluence =
            pattern("%t %{X-AUSERNAME}o %I %h %r %s %Dms %b %{Referer}i %{User-Agent}i").unwrap();
        let line = b"[18/Dec/2020:12:57:26 +1100] Ada L http-nio-8090-exec-6 ::1 GET /display/OPS/A b HTTP/1.1 200 1020ms 7881 - Mozilla/5.0 (X11) Firefox";
        let access = confluence.read(line, UTC).ok().unwrap();
        assert!(*access.user == *b"Ada L" && *access.path == *b"/display/OPS/A b");
        assert!(access.agent.as_deref() == Some(b"Mozilla/5.0 (X11) Firefox"));
        assert_eq!((access.status, access.at), (200, 1_608_256_646_000));
    }

    #[test]
    fn a_fault_names_the_directive_and_nobody() {
        let common = pattern("%h %l %u %t \"%r\" %>s %b").unwrap();
        let bad = b"192.0.2.7 - ada [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 2000 9";
        let fault = common.read(bad, UTC).err().unwrap();
        assert_eq!(fault.field, "%>s");
        assert!(fault.reason.contains("three digits"), "{}", fault.reason);
        let proxied = pattern("%{X-Forwarded-For}i %u %t \"%r\" %>s").unwrap();
        let line =
            b"198.51.100.1, 10.0.0.1 ada [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200";
        assert!(
            proxied
                .read(line, UTC)
                .is_ok_and(|access| *access.user == *b"ada")
        );
        let bad = b"192.0.2.7 - ada [10/Okt/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 9";
        assert_eq!(common.read(bad, UTC).err().unwrap().field, "%t");
        let endless = [b"a ".repeat(20_000), b"\n".to_vec()].concat();
        assert!(common.read(&endless, UTC).is_err());
    }
}
