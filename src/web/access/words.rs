//! The pages about signing in: they need no numbers and tell nothing of the organisation.

use crate::config::Role;
use crate::pages::{Links, assets};

/// A page of its own, in the style of the others.
pub(in crate::web) fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"same-origin\">\n\
         <title>{title} · Readback</title>\n\
         <link rel=\"stylesheet\" href=\"{style}\">\
         <link rel=\"icon\" href=\"{icon}\" type=\"image/svg+xml\">\n</head>\n<body>\n\
         <header><div class=\"mast\"><div class=\"wrap\"><a class=\"brand\" href=\"/\">Readback</a></div>\
         </div></header>\n<main id=\"main\" class=\"wrap\">\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n\
         </html>\n",
        title = escape(title),
        style = Links::Server.asset(assets::STYLE),
        icon = Links::Server.asset("icon.svg"),
    )
}

/// A paragraph of words.
pub(in crate::web) fn paragraph(words: &str) -> String {
    format!("<p>{}</p>", escape(words))
}

/// The form for account and password.
pub(super) fn password_form(form: &str, next: &str, trouble: Option<&str>) -> String {
    let trouble = trouble.map_or_else(String::new, |words| {
        format!("<p role=\"alert\"><strong>{}</strong></p>", escape(words))
    });
    format!(
        "{trouble}<form method=\"post\" action=\"/signin\">\n\
         <input type=\"hidden\" name=\"form\" value=\"{}\">\n\
         <input type=\"hidden\" name=\"next\" value=\"{}\">\n\
         <p><label>Account<br><input name=\"account\" autocomplete=\"username\" maxlength=\"100\" required \
         autofocus></label></p>\n\
         <p><label>Password<br><input name=\"password\" type=\"password\" autocomplete=\"current-password\" \
         required></label></p>\n<p><button type=\"submit\">Sign in</button></p>\n</form>",
        escape(form),
        escape(next),
    )
}

/// The way to the provider.
pub(super) fn provider_link(next: &str) -> String {
    format!(
        "<p><a href=\"/signin/start?next={}\">Sign in with your organisation's account</a></p>",
        escape(&encode(next))
    )
}

/// Who is signed in, and the way out.
pub(super) fn signed_in(role: Role, restricted: bool, form: Option<&str>) -> String {
    let sees = match restricted {
        true => "Restricted write-ups are shown, and looking at one is written down.",
        false => "Restricted write-ups are not shown.",
    };
    let article = if role == Role::Admin { "an" } else { "a" };
    let out = form.map_or_else(String::new, |form| {
        format!(
            "<form method=\"post\" action=\"/signout\"><input type=\"hidden\" name=\"form\" \
             value=\"{}\"><button type=\"submit\">Sign out</button></form>",
            escape(form)
        )
    });
    format!(
        "<p>You are here as {article} {}. {sees}</p>\n<p><a href=\"/\">To the pages</a></p>\n{out}",
        role.name()
    )
}

/// Text for HTML, in and outside of attributes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Text as it stands in an address behind the question mark.
pub(in crate::web) fn encode(text: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Where somebody goes after signing in: an address here, else the first page.
pub(in crate::web) fn local(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.starts_with("/sign")
        && next.len() <= 2000
        && next
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_local { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for here in ["/", "/writeups?q=a&page=2", "/writeups/INC-1", "/a//b"] {
            assert_eq!(local(here), here);
        }
        for elsewhere in [
            "",
            "https://evil.example.org",
            "//evil.example.org",
            "/\\evil.example.org",
            "\\\\evil",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x=y",
            "/\tevil",
            "/signin?next=/",
            " /",
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_asked_for_leads_here(next in "[/\\\\a-z:.@?#\t\n ]{0,12}") {
            let base = url::Url::parse("https://readback.example.org/signin").unwrap();
            let found = base.join(local(&next)).unwrap();
            prop_assert_eq!(found.host_str(), Some("readback.example.org"));
            prop_assert_eq!(found.scheme(), "https");
        }

        #[test]
        fn what_was_typed_stays_text(text in ".*") {
            let safe = escape(&text);
            prop_assert!(!safe.contains(['<', '>', '"', '\'']));
            let page = page(&text, &password_form(&text, &text, Some(&text)));
            prop_assert_eq!(page.matches("<form").count(), 1);
            prop_assert_eq!(page.matches("<script").count(), 0);
        }
    }
}
