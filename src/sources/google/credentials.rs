//! Shows Google who we are: with the key of a service account, which signs a question for a token, or with a
//! token that somebody gave once for good. Neither, nor what is had for it, stands in any message.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::SignatureScheme;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::sign::SigningKey;
use serde_json::{Value, json};
use url::Url;

use crate::model::Millis;
use crate::sources::SourceError;
use crate::sources::forge::{self, Stop};

/// Where tokens are had if the file does not say.
const TOKENS: &str = "https://oauth2.googleapis.com/token";

/// How long a signed question may be answered, seconds; Google takes no longer one.
const GOOD_FOR: i64 = 3_600;

/// How a signed question is called.
const SIGNED: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What the file holds.
pub(in crate::sources) struct Key {
    tokens: Url,
    who: Who,
    /// What only those know who have it.
    mark: String,
}

enum Who {
    Service {
        address: String,
        id: Option<String>,
        key: Arc<dyn SigningKey>,
    },
    Person {
        client: String,
        secret: String,
        refresh: String,
    },
}

impl Key {
    /// What a file holds, in the two forms that Google's own tools write.
    pub(in crate::sources) fn read(path: &Path) -> Result<Key, SourceError> {
        let text = std::fs::read(path).map_err(|cause| SourceError::Io {
            name: path.display().to_string(),
            cause,
        })?;
        let wrong = |what: &str| SourceError::Params(format!("key_file: {what}"));
        // The parser's own words would repeat what it met.
        let file: Value = serde_json::from_slice(&text).map_err(|_| {
            wrong("should be the JSON file of a key that the Google Cloud console gives")
        })?;
        let field = |name: &str| {
            let value = file[name].as_str().filter(|value| !value.is_empty());
            value
                .map(str::to_owned)
                .ok_or_else(|| wrong(&format!("{name} is missing; it should be a text")))
        };
        let tokens = file["token_uri"].as_str().unwrap_or(TOKENS);
        let tokens = forge::address("token_uri in key_file", tokens, true)?;
        let who = match file["type"].as_str() {
            Some("service_account") => Who::Service {
                address: field("client_email")?,
                id: field("private_key_id").ok(),
                key: signing(&field("private_key")?).ok_or_else(|| {
                    wrong("private_key should be an RSA key in PEM (BEGIN PRIVATE KEY)")
                })?,
            },
            Some("authorized_user") => Who::Person {
                client: field("client_id")?,
                secret: field("client_secret")?,
                refresh: field("refresh_token")?,
            },
            _ => {
                return Err(wrong(
                    "type should be service_account or authorized_user; no other key is taken",
                ));
            }
        };
        let mark = forge::hex(&forge::sha256(&text));
        Ok(Key { tokens, who, mark })
    }

    /// What only those know who may ask.
    pub(in crate::sources) fn known_by(&self) -> &str {
        &self.mark
    }

    /// What the API is shown: a token for this scope, of the service account itself or of `subject`.
    pub(super) fn authorization(
        &self,
        scope: &str,
        subject: Option<&str>,
        now: Millis,
    ) -> Result<String, Stop> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        match &self.who {
            Who::Service { address, id, key } => {
                let mut head = json!({ "alg": "RS256", "typ": "JWT" });
                if let Some(id) = id {
                    head["kid"] = json!(id);
                }
                let seconds = now.div_euclid(1000);
                let mut claims = json!({ "iss": address, "scope": scope, "aud": self.tokens.as_str(),
                    "iat": seconds, "exp": seconds + GOOD_FOR });
                if let Some(subject) = subject {
                    claims["sub"] = json!(subject);
                }
                let signed = signed(&head, &claims, key.as_ref()).ok_or_else(|| {
                    Stop::Failed(self.error("key_file: its private_key does not sign", false))
                })?;
                form.append_pair("grant_type", SIGNED);
                form.append_pair("assertion", &signed);
            }
            // It is good for what it was given for.
            Who::Person {
                client,
                secret,
                refresh,
            } => {
                form.append_pair("grant_type", "refresh_token");
                form.append_pair("client_id", client);
                form.append_pair("client_secret", secret);
                form.append_pair("refresh_token", refresh);
            }
        }
        let token = self.exchanged(&form.finish(), now)?;
        Ok(format!("Bearer {token}"))
    }

    /// The token for a question.
    fn exchanged(&self, form: &str, now: Millis) -> Result<String, Stop> {
        forge::exchanged(&self.tokens, form, now, |answer| {
            let known = REFUSALS.iter().find(|(name, _)| answer["error"] == *name);
            format!("; check key_file{}", known.map_or("", |(_, why)| why))
        })
    }

    fn error(&self, reason: &str, retryable: bool) -> SourceError {
        SourceError::Remote {
            name: forge::shown(&self.tokens),
            reason: reason.to_owned(),
            retryable,
        }
    }
}

/// Why there is no token, in Google's words, and what to look at.
const REFUSALS: &[(&str, &str)] = &[
    (
        "invalid_grant",
        ": the key or the consent was taken back, the clock of this machine is wrong, or subject is \
         nobody (invalid_grant)",
    ),
    (
        "unauthorized_client",
        ": an administrator has to give the service account this scope in the whole domain \
         (unauthorized_client)",
    ),
    ("invalid_scope", ": the scope is not for it (invalid_scope)"),
    ("access_denied", ": access is denied (access_denied)"),
    (
        "invalid_client",
        ": the client is not known (invalid_client)",
    ),
    (
        "deleted_client",
        ": the client was deleted (deleted_client)",
    ),
];

/// A key that can sign as Google wants it.
fn signing(pem: &str) -> Option<Arc<dyn SigningKey>> {
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).ok()?;
    let key = rustls::crypto::ring::sign::any_supported_type(&key).ok()?;
    let is_rsa = key
        .choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])
        .is_some();
    is_rsa.then_some(key)
}

fn signed(head: &Value, claims: &Value, key: &dyn SigningKey) -> Option<String> {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(head), part(claims));
    let signer = key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])?;
    let signature = signer.sign(message.as_bytes()).ok()?;
    Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn read(text: &str) -> Result<(), String> {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("written");
        let read = Key::read(file.path());
        read.map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn files_are_checked_and_not_repeated() {
        let person =
            r#"{"type":"authorized_user","client_id":"a","client_secret":"b","refresh_token":"c"}"#;
        assert_eq!(read(person), Ok(()));
        let service = |key: &str| {
            format!(
                r#"{{"type":"service_account","client_email":"zz@p.iam.gserviceaccount.com","private_key":"{key}"}}"#
            )
        };
        for (text, words) in [
            ("zzsecret", "should be the JSON file"),
            ("{}", "type should be"),
            (r#"{"type":"external_account"}"#, "type should be"),
            (
                r#"{"type":"authorized_user","client_id":"zzsecret"}"#,
                "client_secret is missing",
            ),
            (&service("zzsecret"), "private_key should be an RSA key"),
            (
                r#"{"type":"authorized_user","token_uri":"http://h.example.org"}"#,
                "https address",
            ),
        ] {
            let refused = read(text).expect_err(text);
            assert!(
                refused.contains(words) && !refused.contains("zz"),
                "{refused}"
            );
        }
    }
}
