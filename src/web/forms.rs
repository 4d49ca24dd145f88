//! The forms of `/registry`: what each says of a write-up. It is what a program says over `/v1/writeups`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::AppState;
use super::imports::desk;
use super::problem::Refusal;
use super::speaker::{Data, Speaker, fields};
use crate::model::to_rfc3339;

/// What a form says.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// The fields of a body.
    pub(super) fn of(body: &[u8]) -> Self {
        Form(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// These fields.
    pub(super) fn new(fields: Vec<(String, String)>) -> Self {
        Form(fields)
    }

    /// All fields, in their order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let each = self.0.iter();
        each.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is such a field, empty or not.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// A field without spaces around it; empty where it is missing.
    pub(super) fn get(&self, name: &str) -> &str {
        let mut fields = self.0.iter();
        let field = fields.find(|(known, _)| known == name);
        field.map_or("", |(_, value)| value.trim())
    }
}

/// Of which write-up a form says what.
pub(super) fn said(
    state: &AppState,
    speaker: &Speaker,
    form: &Form,
) -> Result<(String, Data), Refusal> {
    let bad = |words: &str| Refusal::new(StatusCode::BAD_REQUEST, words);
    let look = &speaker.look;
    if form.get("do") == "register" {
        return register(state, speaker, form);
    }
    let known = look.entry(form.get("id"))?;
    let data = match form.get("do") {
        "alias" => {
            let whole = look.registry.whole(known).unwrap_or(known);
            let name = form.get("target");
            return Ok((whole.id.clone(), fields([("aliases", json!([name]))])));
        }
        "retire" => {
            let at = instant(state, form.get("at"))?;
            speaker.retired(known, &fields([("at", at)]))?
        }
        "unalias" => speaker.unnamed(known, &fields([("names", json!([form.get("target")]))]))?,
        "unretire" => speaker.retired(known, &fields([("undo", true.into())]))?,
        "merge" => speaker.merged(known, &fields([("into", form.get("into").into())]))?,
        "split" => speaker.split(known, &Data::new())?,
        "restrict" => fields([("restricted", true.into())]),
        "open" => fields([("restricted", false.into())]),
        _ => {
            return Err(bad(
                "do: valid are register, alias, unalias, merge, split, retire, unretire, restrict and open",
            ));
        }
    };
    Ok((known.id.clone(), data))
}

fn register(state: &AppState, speaker: &Speaker, form: &Form) -> Result<(String, Data), Refusal> {
    let id = form.get("id");
    speaker.is_id(id)?;
    if speaker.look.registry.entry(id).is_some() {
        let words = format!("{id:?} is registered already");
        return Err(Refusal::new(StatusCode::CONFLICT, words));
    }
    let mut data = Data::new();
    let target = form.get("target");
    let is_address = target.starts_with("https://") || target.starts_with("http://");
    for (name, value) in [
        ("title", form.get("title")),
        ("owner_team", form.get("team")),
        ("url", if is_address { target } else { "" }),
    ] {
        if !value.is_empty() {
            data.insert(name.to_owned(), value.into());
        }
    }
    if !is_address && !target.is_empty() {
        data.insert("aliases".to_owned(), json!([target]));
    }
    let published = instant(state, form.get("published"))?;
    if !published.is_null() {
        data.insert("published_at".to_owned(), published);
    }
    Ok((id.to_owned(), data))
}

/// The instant that somebody typed; null for none.
fn instant(state: &AppState, text: &str) -> Result<Value, Refusal> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let at = desk(state).and_then(|(_, desk)| desk.instant(text));
    at.map(|at| to_rfc3339(at).into()).ok_or_else(|| {
        let words = "this is no date; valid are a date such as 2026-07-01 and an instant such as \
                     2026-07-01T09:00:00Z, from 1990 to the end of 2200";
        Refusal::new(StatusCode::BAD_REQUEST, words)
    })
}
