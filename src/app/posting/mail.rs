//! A mail: text, HTML, and the pictures inside of it.

use std::time::Duration;

use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport as _};
use sha2::{Digest as _, Sha256};

use super::{PostError, said};
use crate::config::{MailConfig, MailTls, password_in};
use crate::pages::Letter;

/// How long a server may keep us waiting for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The mail as it goes to these. The same `content` has the same id, so that who gets it twice may see it once.
pub(super) fn message(
    config: &MailConfig,
    to: &[String],
    letter: &Letter,
    content: &str,
) -> Result<Message, PostError> {
    let address = |key: &'static str, text: &str| {
        let parsed = text.parse::<Mailbox>();
        parsed.map_err(|error| PostError::Address {
            key,
            why: error.to_string(),
        })
    };
    let from = address("mail.from", &config.from)?;
    let bytes = Sha256::digest(content);
    let id: String = bytes.iter().take(12).map(|b| format!("{b:02x}")).collect();
    let mut builder = Message::builder()
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .subject(letter.subject.clone())
        .from(from);
    for to in to {
        builder = builder.to(address("mail.to", to)?);
    }
    let mut related = MultiPart::related().singlepart(SinglePart::html(letter.html.clone()));
    for picture in &letter.pictures {
        let png = "image/png".parse().map_err(|error| PostError::Address {
            key: "mail",
            why: format!("{error:?}"),
        })?;
        related = related.singlepart(
            Attachment::new_inline(picture.name.clone()).body(picture.bytes.clone(), png),
        );
    }
    let body = MultiPart::alternative()
        .singlepart(SinglePart::plain(letter.text.clone()))
        .multipart(related);
    let made = builder.multipart(body);
    made.map_err(|error| PostError::Address {
        key: "mail",
        why: error.to_string(),
    })
}

/// Hands it to the server.
pub(super) fn send(config: &MailConfig, message: &Message) -> Result<(), PostError> {
    let server = || format!("{}:{}", config.server, config.port);
    let refused = |why: String| PostError::MailRefused {
        server: server(),
        why,
    };
    let parameters = || {
        let made = TlsParameters::new(config.server.clone());
        made.map_err(|error| refused(said(&error)))
    };
    let tls = match config.tls {
        MailTls::Implicit => Tls::Wrapper(parameters()?),
        MailTls::StartTls => Tls::Required(parameters()?),
        MailTls::None => Tls::None,
    };
    let mut transport = SmtpTransport::builder_dangerous(config.server.clone())
        .port(config.port)
        .timeout(Some(PATIENCE))
        .tls(tls);
    if let Some((account, file)) = &config.account {
        let password = password_in(&file.to_string_lossy()).map_err(&refused)?;
        transport = transport.credentials(Credentials::new(account.clone(), password));
    }
    match transport.build().send(message) {
        Ok(_) => Ok(()),
        // What a server says with 5xx it says again.
        Err(error) if error.is_permanent() || error.is_client() => Err(refused(said(&error))),
        Err(error) => Err(PostError::MailAway {
            server: server(),
            why: said(&error),
        }),
    }
}
