//! What is believed of an ID token: signed with a key of the provider, by it, for us, for this sign-in,
//! and not too old. And the groups that it names.

use chrono::DateTime;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, Client, EmptyExtraTokenFields, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IdTokenFields, StandardErrorResponse, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::Millis;

/// Every claim there is, as far as it is not a usual one.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Extra {
    #[serde(flatten)]
    pub(super) all: Map<String, Value>,
}

impl AdditionalClaims for Extra {}

pub(super) type Fields = IdTokenFields<
    Extra,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

pub(super) type Provider = Client<
    Extra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

pub(super) type IdToken = openidconnect::IdToken<
    Extra,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
pub(super) type Claims = openidconnect::IdTokenClaims<Extra, CoreGenderClaim>;

/// Tokens are signed with the provider's own keys: neither unsigned nor with a shared secret.
pub(super) fn verifier(
    provider: &Provider,
    now: Millis,
) -> openidconnect::IdTokenVerifier<'_, CoreJsonWebKey> {
    use CoreJwsSigningAlgorithm as Alg;
    provider
        .id_token_verifier()
        .set_allowed_algs([
            Alg::RsaSsaPkcs1V15Sha256,
            Alg::RsaSsaPkcs1V15Sha384,
            Alg::RsaSsaPkcs1V15Sha512,
            Alg::RsaSsaPssSha256,
            Alg::RsaSsaPssSha384,
            Alg::RsaSsaPssSha512,
            Alg::EcdsaP256Sha256,
            Alg::EcdsaP384Sha384,
            Alg::EdDsa,
        ])
        .set_time_fn(move || DateTime::from_timestamp_millis(now).unwrap_or_default())
}

pub(super) const NO_KEY: &str = "the ID token is signed with a key that the provider does not name";

pub(super) fn unbelievable(error: &ClaimsVerificationError) -> &'static str {
    use openidconnect::SignatureVerificationError as Signature;
    match error {
        ClaimsVerificationError::Expired(_) => "the ID token has expired",
        ClaimsVerificationError::InvalidAudience(_) => "the ID token is for another client",
        ClaimsVerificationError::InvalidIssuer(_) => "the ID token is of another issuer",
        ClaimsVerificationError::InvalidNonce(_) => "the ID token is of another sign-in",
        ClaimsVerificationError::SignatureVerification(Signature::NoMatchingKey) => NO_KEY,
        ClaimsVerificationError::SignatureVerification(_) => {
            "the signature of the ID token is not the provider's"
        }
        _ => "the ID token is not valid",
    }
}

/// The groups in a claim of this name, or of a path with dots (`realm_access.roles`); `None` where there
/// is no such claim.
pub(super) fn named(claims: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let found = claims.get(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        let first = claims.get(first)?;
        rest.split('.')
            .try_fold(first, |value, part| value.get(part))
    })?;
    match found {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(list) => {
            let texts = list.iter().filter_map(Value::as_str);
            Some(texts.map(str::to_owned).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use openidconnect::core::{
        CoreEdDsaPrivateSigningKey, CoreProviderMetadata, CoreResponseType,
        CoreSubjectIdentifierType,
    };
    use openidconnect::{
        Audience, AuthUrl, ClientId, EmptyAdditionalProviderMetadata, IssuerUrl, JsonWebKeyId,
        JsonWebKeySet, JsonWebKeySetUrl, Nonce, PrivateSigningKey as _, ResponseTypes,
        StandardClaims, SubjectIdentifier,
    };
    use serde_json::json;

    use super::*;

    const NOW: Millis = 1_772_442_900_000;
    const ISSUER: &str = "https://login.example.org";
    const OURS: &str = "MC4CAQAwBQYDK2VwBCIEIL+fLjQEq8ihQ7FTL/Zj9Ygj1MNTLzJBkMrat9SgmGo7";
    const THEIRS: &str = "MC4CAQAwBQYDK2VwBCIEIHk//zvjmZ6Sjwc8m/r5Vw7qansRFmC1d9zyHuj1WGTs";

    fn key(base64: &str, name: &str) -> CoreEdDsaPrivateSigningKey {
        let kind = "PRIVATE KEY";
        let pem = format!("-----BEGIN {kind}-----\n{base64}\n-----END {kind}-----\n");
        let name = JsonWebKeyId::new(name.to_owned());
        CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(name)).unwrap()
    }

    fn provider() -> Provider {
        let keys = JsonWebKeySet::new(vec![key(OURS, "one").as_verification_key()]);
        let metadata = CoreProviderMetadata::new(
            IssuerUrl::new(ISSUER.to_owned()).unwrap(),
            AuthUrl::new(format!("{ISSUER}/auth")).unwrap(),
            JsonWebKeySetUrl::new(format!("{ISSUER}/jwks")).unwrap(),
            vec![ResponseTypes::new(vec![CoreResponseType::Code])],
            vec![CoreSubjectIdentifierType::Public],
            vec![
                CoreJwsSigningAlgorithm::EdDsa,
                CoreJwsSigningAlgorithm::None,
            ],
            EmptyAdditionalProviderMetadata {},
        );
        let id = ClientId::new("readback".to_owned());
        Provider::from_provider_metadata(metadata.set_jwks(keys), id, None)
    }

    /// A token of this issuer, for this client and sign-in, good for so many seconds.
    fn token(issuer: &str, client: &str, nonce: &str, seconds: i64) -> Claims {
        let at = |ms| DateTime::from_timestamp_millis(ms).unwrap();
        let subject = SubjectIdentifier::new("zzsubject".to_owned());
        Claims::new(
            IssuerUrl::new(issuer.to_owned()).unwrap(),
            vec![Audience::new(client.to_owned())],
            at(NOW + seconds * 1000),
            at(NOW - 1000),
            StandardClaims::new(subject),
            Extra::default(),
        )
        .set_nonce(Some(Nonce::new(nonce.to_owned())))
    }

    fn judged(token: &IdToken) -> Result<(), &'static str> {
        let provider = provider();
        let nonce = Nonce::new("mine".to_owned());
        let claims = token.claims(&verifier(&provider, NOW), &nonce);
        claims.map(|_| ()).map_err(|error| unbelievable(&error))
    }

    #[test]
    fn only_a_token_of_the_provider_for_this_sign_in_is_believed() {
        let signed = |claims: Claims, key: &CoreEdDsaPrivateSigningKey| {
            let alg = CoreJwsSigningAlgorithm::EdDsa;
            judged(&IdToken::new(claims, key, alg, None, None).unwrap())
        };
        let ours = key(OURS, "one");
        assert_eq!(signed(token(ISSUER, "readback", "mine", 60), &ours), Ok(()));
        for (issuer, client, nonce, seconds, words) in [
            (
                "https://evil.example.org",
                "readback",
                "mine",
                60,
                "another issuer",
            ),
            (ISSUER, "another", "mine", 60, "another client"),
            (ISSUER, "readback", "another", 60, "another sign-in"),
            (ISSUER, "readback", "mine", -1, "expired"),
        ] {
            let told = signed(token(issuer, client, nonce, seconds), &ours).unwrap_err();
            assert!(
                told.contains(words) && !told.contains("zzsubject"),
                "{told}"
            );
        }
        let good = || token(ISSUER, "readback", "mine", 60);
        let told = signed(good(), &key(THEIRS, "one")).unwrap_err();
        assert!(told.contains("signature"), "{told}");
        assert_eq!(signed(good(), &key(THEIRS, "two")), Err(NO_KEY));
        // Unsigned, though the provider says that it does that, too.
        let signed = IdToken::new(good(), &ours, CoreJwsSigningAlgorithm::EdDsa, None, None);
        let text = signed.unwrap().to_string();
        let payload = text.split('.').nth(1).unwrap();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let unsigned = IdToken::from_str(&format!("{none}.{payload}.")).unwrap();
        assert!(judged(&unsigned).is_err());
        // With the shared secret, which every server of this client has.
        let shared = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
        let forged = IdToken::from_str(&format!("{shared}.{payload}.AAAA")).unwrap();
        assert!(judged(&forged).is_err());
    }

    #[test]
    fn groups_come_in_several_shapes() {
        let claims = json!({
            "groups": ["sre", 7, "leads"], "one": "sre", "a.b": ["dotted"],
            "realm_access": { "roles": ["admin"] }, "odd": 7,
        });
        let claims = claims.as_object().unwrap();
        let of = |name: &str| named(claims, name);
        assert_eq!(of("groups").unwrap(), ["sre", "leads"]);
        assert_eq!(of("one").unwrap(), ["sre"]);
        assert_eq!(of("a.b").unwrap(), ["dotted"]);
        assert_eq!(of("realm_access.roles").unwrap(), ["admin"]);
        assert_eq!((of("odd"), of("none"), of("groups.x")), (None, None, None));
    }
}
