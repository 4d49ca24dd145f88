//! Who sends: a bearer token, or the same token as the password of HTTP Basic, which is all that many
//! learning platforms and wikis can send.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::problem::Refusal;
use super::tokens::{Kept, Tokens};
use crate::model::Millis;

const CHALLENGE: &str = "Bearer realm=\"readback\", Basic realm=\"readback\"";

/// The token of a request that brings something.
pub(super) fn sender(headers: &HeaderMap, tokens: &Tokens, now: Millis) -> Result<Kept, Refusal> {
    let kept = token(headers, tokens, now)?;
    match kept.is_for_metrics() || kept.is_for_published() {
        false => Ok(kept),
        true => {
            let words = "this token reads and brings nothing; `readback token add NAME` makes one that \
                 brings something";
            Err(Refusal::new(StatusCode::FORBIDDEN, words))
        }
    }
}

/// Whether the token of a request lets it read what is published; nothing where it shows none of ours. What a
/// reverse proxy passes on for itself stands in the same header.
pub(super) fn published(
    headers: &HeaderMap,
    tokens: &Tokens,
    now: Millis,
) -> Option<Result<(), Refusal>> {
    let kept = token(headers, tokens, now).ok()?;
    Some(match kept.is_for_published() {
        true => Ok(()),
        false => {
            let words = "this token is not for what is published; `readback token add NAME --type \
                 published` makes one that is";
            Err(Refusal::new(StatusCode::FORBIDDEN, words))
        }
    })
}

/// Whether a request may see metrics: its token is for that.
pub(super) fn metrics(headers: &HeaderMap, tokens: &Tokens, now: Millis) -> Result<(), Refusal> {
    match token(headers, tokens, now)?.is_for_metrics() {
        true => Ok(()),
        false => {
            let words = "this token is not for metrics; `readback token add NAME --type metrics` makes \
                 one that is";
            Err(Refusal::new(StatusCode::FORBIDDEN, words))
        }
    }
}

fn token(headers: &HeaderMap, tokens: &Tokens, now: Millis) -> Result<Kept, Refusal> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        let words = "no token was sent; valid is the header `Authorization: Bearer TOKEN`, \
             `readback token add NAME` makes one";
        return Err(Refusal::unknown_sender(words, CHALLENGE));
    };
    let Some(presented) = header.to_str().ok().and_then(presented) else {
        let words = "the header Authorization can't be read; valid are `Bearer TOKEN`, and `Basic …` \
             with the token as password";
        return Err(Refusal::unknown_sender(words, CHALLENGE));
    };
    Some(presented)
        .and_then(|token| tokens.find(&token, now))
        .ok_or_else(|| {
            let words = "the token is unknown or was revoked; `readback token list` shows which \
                 there are";
            Refusal::unknown_sender(words, CHALLENGE)
        })
}

fn presented(header: &str) -> Option<String> {
    let (scheme, value) = header.trim().split_once(' ')?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
        return pair
            .split_once(':')
            .map(|(_, password)| password.to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_in_two_ways() {
        assert_eq!(presented("Bearer rb_x").as_deref(), Some("rb_x"));
        assert_eq!(presented("bearer  rb_x ").as_deref(), Some("rb_x"));
        // lms:rb_x
        assert_eq!(presented("Basic bG1zOnJiX3g=").as_deref(), Some("rb_x"));
        for nothing in ["", "rb_x", "Basic rb_x", "Basic !", "Digest x"] {
            assert_eq!(presented(nothing), None, "{nothing}");
        }
    }
}
