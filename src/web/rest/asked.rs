//! What a request asks of a table: which page of it, and in which form.

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode};

use super::super::problem::Refusal;

/// Rows on a page where nothing is asked for.
pub(super) const ROWS: usize = 100;
/// Rows on a page at most.
pub(super) const MOST: usize = 1_000;
/// The last page that can be asked for.
pub(super) const LAST: usize = 1_000_000;

/// The forms in which a table is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Csv,
    Parquet,
}

impl Form {
    /// Those there are; the first is given where all are welcome.
    pub(super) const ALL: [Form; 3] = [Form::Json, Form::Csv, Form::Parquet];

    /// Its name behind the question mark, and its ending as a file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Form::Json => "json",
            Form::Csv => "csv",
            Form::Parquet => "parquet",
        }
    }

    /// Its media type.
    pub(super) fn media(self) -> &'static str {
        match self {
            Form::Json => "application/json",
            Form::Csv => "text/csv; charset=utf-8",
            Form::Parquet => "application/vnd.apache.parquet",
        }
    }

    fn essence(self) -> &'static str {
        self.media().split(';').next().unwrap_or_default()
    }

    /// The media types without their parameters.
    fn essences() -> String {
        Form::ALL.map(Form::essence).join(", ")
    }
}

/// A page of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) form: Form,
    /// From 1.
    pub(super) page: usize,
    pub(super) per_page: usize,
}

impl Asked {
    /// Of what stands behind the question mark and of the header `Accept`.
    pub(super) fn of(query: &str, headers: &HeaderMap) -> Result<Asked, Refusal> {
        let (mut form, mut page, mut per_page) = (None, None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "format" => once(&mut form, "format", named(&value)?)?,
                "page" => once(&mut page, "page", whole("page", &value, LAST)?)?,
                "per_page" => once(&mut per_page, "per_page", whole("per_page", &value, MOST)?)?,
                other => {
                    return Err(bad(format!(
                        "{other:?} is no parameter; valid are format, page and per_page"
                    )));
                }
            }
        }
        let form = match form {
            Some(form) => form,
            None => accepted(headers)?,
        };
        if form != Form::Json && (page.is_some() || per_page.is_some()) {
            let name = form.name();
            let words = format!(
                "a table as {name} is given whole; page and per_page are valid with format=json"
            );
            return Err(bad(words));
        }
        Ok(Asked {
            form,
            page: page.unwrap_or(1),
            per_page: per_page.unwrap_or(ROWS),
        })
    }
}

/// Refuses whatever stands behind the question mark of what takes nothing.
pub(super) fn nothing(query: &str) -> Result<(), Refusal> {
    match url::form_urlencoded::parse(query.as_bytes()).next() {
        None => Ok(()),
        Some((name, _)) => Err(bad(format!(
            "{name:?} is no parameter; this address takes none"
        ))),
    }
}

fn bad(words: String) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, words)
}

fn once<T>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), Refusal> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(bad(format!("{name} stands there twice; valid is once"))),
    }
}

fn named(value: &str) -> Result<Form, Refusal> {
    let found = Form::ALL.into_iter().find(|form| form.name() == value);
    let names = Form::ALL.map(Form::name).join(", ");
    found.ok_or_else(|| bad(format!("format: {value:?} is none; valid are {names}")))
}

fn whole(name: &str, value: &str, most: usize) -> Result<usize, Refusal> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let n = digits.then(|| value.parse().ok()).flatten();
    n.filter(|n| (1..=most).contains(n)).ok_or_else(|| {
        bad(format!(
            "{name}: {value:?} is not valid; valid are whole numbers from 1 to {most}"
        ))
    })
}

/// The form that the header asks for; JSON where all are the same to it.
fn accepted(headers: &HeaderMap) -> Result<Form, Refusal> {
    let values = headers.get_all(ACCEPT).iter();
    let text: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    let text = text.join(",");
    if text.trim().is_empty() {
        return Ok(Form::Json);
    }
    // The first of the most wanted: `max_by` would give the last.
    let mut best = (0.0, None);
    for form in Form::ALL {
        let wish = wish(&text, form.essence());
        if wish > best.0 {
            best = (wish, Some(form));
        }
    }
    best.1.ok_or_else(|| {
        let words = format!(
            "Accept: nothing of {text:?} is given here; valid are {}",
            Form::essences()
        );
        Refusal::new(StatusCode::NOT_ACCEPTABLE, words)
    })
}

/// How much a media type is wanted, 0 to 1: what names it closest counts (RFC 9110, 12.5.1).
fn wish(accept: &str, essence: &str) -> f64 {
    let family = essence.split('/').next().unwrap_or_default();
    let (mut closest, mut wish) = (0, 0.0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let close = match &*media {
            "*/*" => 1,
            media if media.strip_suffix("/*") == Some(family) => 2,
            media if media == essence => 3,
            _ => 0,
        };
        if close > closest {
            closest = close;
            let mut weights = parts.filter_map(|part| part.strip_prefix("q="));
            wish = weights
                .next()
                .map_or(1.0, |weight| weight.parse().unwrap_or(1.0));
        }
    }
    wish
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn asked(query: &str, accept: &'static str) -> Result<Asked, String> {
        let mut headers = HeaderMap::new();
        if !accept.is_empty() {
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
        }
        Asked::of(query, &headers).map_err(|refusal| refusal.words())
    }

    #[test]
    fn the_closest_range_counts_and_json_where_all_are_the_same() {
        for (accept, form) in [
            ("", Form::Json),
            ("*/*", Form::Json),
            ("text/html, application/xhtml+xml, */*;q=0.8", Form::Json),
            ("text/*", Form::Csv),
            ("text/csv;q=0.5, application/json;q=0.4", Form::Csv),
            ("application/*, application/json;q=0", Form::Parquet),
            ("*/*;q=0.1, Application/Vnd.Apache.Parquet", Form::Parquet),
        ] {
            assert_eq!(asked("", accept).unwrap().form, form, "{accept}");
        }
        let refused = asked("", "image/png").unwrap_err();
        assert!(refused.contains("image/png") && refused.contains("text/csv"));
        // What stands in the address counts before it.
        assert_eq!(asked("format=csv", "image/png").unwrap().form, Form::Csv);
    }

    #[test]
    fn what_is_not_valid_is_named_with_what_would_be() {
        for (query, words) in [
            (
                "page=0",
                "page: \"0\" is not valid; valid are whole numbers from 1 to 1000000",
            ),
            (
                "per_page=%2B5",
                "per_page: \"+5\" is not valid; valid are whole numbers from 1 to 1000",
            ),
            (
                "per_page=1001",
                "per_page: \"1001\" is not valid; valid are whole numbers from 1 to 1000",
            ),
            (
                "format=xml",
                "format: \"xml\" is none; valid are json, csv, parquet",
            ),
            (
                "sort=a",
                "\"sort\" is no parameter; valid are format, page and per_page",
            ),
            ("page=1&page=2", "page stands there twice; valid is once"),
            (
                "format=csv&page=2",
                "a table as csv is given whole; page and per_page are valid with format=json",
            ),
        ] {
            assert_eq!(asked(query, "").unwrap_err(), words, "{query}");
        }
        let page = asked("per_page=1000&page=7", "").unwrap();
        assert_eq!((page.page, page.per_page), (7, 1000));
    }
}
