//! Who sends: a bearer token, or the same token as the password of HTTP Basic, which is all that many
//! learning platforms and wikis can send.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::problem::Refusal;
use super::tokens::{Kept, Tokens};

const CHALLENGE: &str = "Bearer realm=\"readback\", Basic realm=\"readback\"";

/// The token of a request.
pub(super) fn sender(headers: &HeaderMap, tokens: &Tokens) -> Result<Kept, Refusal> {
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
        .and_then(|token| tokens.find(&token))
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
