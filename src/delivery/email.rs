//! Mail: over SMTP, by `sendmail`, into a folder, or into memory. One message is for one recipient, because one
//! refused address would take the others of a message down with it.

mod address;
#[cfg(test)]
mod encrypted;
mod folder;
mod lines;
mod memory;
mod message;
#[cfg(test)]
mod sample;
mod secured;
mod sendmail;
mod session;
mod settings;

pub use address::{bare, check_address};
pub use memory::{Memory, Sent};
pub use message::message;
pub use session::Server;

use super::Notice;
use secrecy::SecretString;
use std::path::PathBuf;
use url::Url;

/// Whether a connection must be encrypted before anything is said on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// From the start (`smtps://`) or by STARTTLS (`smtp://`); a server without it gets nothing.
    #[default]
    Required,
    /// Never: for a mail server on this machine.
    None,
}

/// How to reach a mail server.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// `smtps://HOST[:465]`, or `smtp://HOST[:587]`.
    pub url: Url,
    pub tls: Tls,
    pub username: Option<String>,
    pub password: Option<SecretString>,
    /// A root certificate that is trusted besides those of the system, as PEM.
    pub ca_file: Option<PathBuf>,
}

/// Why a message was not taken; the text says who said what, or what broke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// It may go better later: the server asked for patience, or could not be reached, or wants
    /// another password.
    #[error("{answer}")]
    Temporary { answer: String },
    /// The server will never take this message for this recipient.
    #[error("{answer}")]
    Permanent { answer: String },
}

/// A way for mail to leave. Made once and kept, because it keeps its connections.
pub enum Transport {
    Smtp(Box<Server>),
    /// Each message becomes three files: `.eml`, `.html`, `.txt`.
    Folder(PathBuf),
    /// Each message is handed to the program there, as `sendmail` takes it.
    Sendmail(PathBuf),
    /// Messages are only remembered: for tests.
    Memory(Memory),
}

impl Transport {
    /// Returns a transport to a mail server. Does not connect yet.
    ///
    /// # Errors
    ///
    /// Says what in the settings cannot be, and what to write instead.
    pub fn smtp(smtp: &Smtp) -> Result<Self, String> {
        Server::of(smtp).map(|server| Self::Smtp(Box::new(server)))
    }

    /// Returns a transport into a folder, which is made when the first message is written.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self::Folder(path.into())
    }

    /// Sends one notice from the address `from`, and returns the server's answer, or the path of
    /// the `.eml` file.
    ///
    /// # Errors
    ///
    /// Tells whether trying again can help. A connection that breaks after the whole message was
    /// sent counts as temporary: the server may have it, and gets it again under the same
    /// `Message-ID`.
    pub async fn send(&self, from: &str, notice: &Notice) -> Result<String, Failed> {
        match self {
            Self::Smtp(server) => {
                let message = message(from, notice).map_err(permanent)?;
                server.send(&message).await
            }
            Self::Folder(folder) => {
                let (folder, from, notice) = (folder.clone(), from.to_owned(), notice.clone());
                tokio::task::spawn_blocking(move || folder::write(&folder, &from, &notice))
                    .await
                    .map_err(|died| Failed::Temporary { answer: died.to_string() })?
            }
            Self::Sendmail(path) => {
                let (path, from, notice) = (path.clone(), from.to_owned(), notice.clone());
                tokio::task::spawn_blocking(move || sendmail::send(&path, &from, &notice))
                    .await
                    .map_err(|died| Failed::Temporary { answer: died.to_string() })?
            }
            Self::Memory(memory) => {
                let message = message(from, notice).map_err(permanent)?;
                memory.take(notice, &message)
            }
        }
    }

    /// Tells whether the server answered in order when it was last asked: then a refusal speaks of a
    /// message or its recipient, and others need not wait.
    pub fn is_well(&self) -> bool {
        matches!(self, Self::Smtp(server) if server.is_well())
    }

    /// Says goodbye on the connections that are open.
    pub async fn close(&self) {
        match self {
            Self::Smtp(server) => server.close().await,
            Self::Folder(_) | Self::Sendmail(_) | Self::Memory(_) => {}
        }
    }
}

fn permanent(answer: String) -> Failed {
    Failed::Permanent { answer }
}

#[cfg(test)]
mod tests {
    use super::sample::{DROP, Fake, Script, notice};
    use super::*;

    const FROM: &str = "Vahti <alerts@acme.example>";

    fn transport(url: &str, tls: Tls, user: Option<&str>) -> Transport {
        Transport::smtp(&Smtp {
            url: url.parse().unwrap(),
            tls,
            username: user.map(str::to_owned),
            password: user.map(|_| "s3cr3t".into()),
            ca_file: None,
        })
        .unwrap()
    }

    /// Sends a notice to a server that follows `script`.
    async fn sent(script: Script) -> (Fake, Result<String, Failed>) {
        let fake = Fake::start(script).await;
        let transport = transport(&fake.url, Tls::None, None);
        let result = transport.send(FROM, &notice()).await;
        (fake, result)
    }

    #[tokio::test]
    async fn a_message_arrives_as_it_was_written_and_the_answer_is_kept() {
        let (fake, result) = sent(Script::default()).await;
        assert_eq!(result, Ok("250 2.0.0 queued as 4711".into()));
        let taken = fake.heard(|heard| heard.messages.concat());
        let written = message(FROM, &notice()).unwrap().formatted();
        assert_eq!(taken.trim_end(), String::from_utf8(written).unwrap().trim_end());
        let lines = fake.heard(|heard| heard.lines.clone());
        assert_eq!(
            lines.get(1..).unwrap(),
            ["MAIL FROM:<alerts@acme.example>", "RCPT TO:<care@acme.example>", "DATA"]
        );
    }

    #[tokio::test]
    async fn one_connection_serves_many_messages_until_it_is_closed() {
        let fake = Fake::start(Script::default()).await;
        let transport = transport(&fake.url, Tls::None, None);
        for _ in 0..5 {
            transport.send(FROM, &notice()).await.unwrap();
        }
        assert_eq!(fake.heard(|heard| (heard.sessions, heard.messages.len())), (1, 5));
        transport.close().await;
        assert_eq!(fake.heard(|heard| heard.lines.last().cloned()).as_deref(), Some("QUIT"));
    }

    #[track_caller]
    fn temporary(result: &Result<String, Failed>, words: &str) {
        assert!(
            matches!(result, Err(Failed::Temporary { answer }) if answer.contains(words)),
            "{result:?}"
        );
    }

    #[track_caller]
    fn permanent(result: &Result<String, Failed>, words: &str) {
        assert!(
            matches!(result, Err(Failed::Permanent { answer }) if answer.contains(words)),
            "{result:?}"
        );
    }

    #[tokio::test]
    async fn a_four_is_temporary_and_a_five_permanent_wherever_the_message_stands() {
        let base = Script::default();
        for (script, verb) in [
            (Script { mail: Some("451 later"), ..base }, "MAIL FROM"),
            (Script { rcpt: Some("451 later"), ..base }, "RCPT TO"),
            (Script { data: Some("451 later"), ..base }, "DATA"),
            (Script { message: Some("451 later"), ..base }, "the message"),
        ] {
            temporary(&sent(script).await.1, &format!("answered 451 later to {verb}"));
        }
        for (script, verb) in [
            (Script { mail: Some("550 5.7.1 never"), ..base }, "MAIL FROM"),
            (Script { rcpt: Some("550 5.7.1 never"), ..base }, "RCPT TO"),
            (Script { data: Some("554 5.7.1 never"), ..base }, "DATA"),
            (Script { message: Some("554 5.7.1 never"), ..base }, "the message"),
        ] {
            permanent(&sent(script).await.1, &format!("5.7.1 never to {verb}"));
        }
    }

    #[tokio::test]
    async fn whatever_is_wrong_before_the_message_is_temporary() {
        let base = Script::default();
        temporary(&sent(Script { greeting: Some("554 go away"), ..base }).await.1, "554 go away");
        temporary(&sent(Script { greeting: Some(DROP), ..base }).await.1, "closed");
        temporary(&sent(Script { greeting: Some("HTTP/1.1 400"), ..base }).await.1, "failed at");
        temporary(
            &sent(Script { mail: Some("530 log in first"), ..base }).await.1,
            "smtp.password",
        );
        let nobody = transport("smtp://127.0.0.1:1", Tls::None, None);
        temporary(&nobody.send(FROM, &notice()).await, "127.0.0.1:1");
    }

    #[tokio::test]
    async fn a_line_dropped_after_the_final_dot_may_repeat_the_same_message() {
        let fake =
            Fake::start(Script { message: Some(DROP), once: true, ..Script::default() }).await;
        let transport = transport(&fake.url, Tls::None, None);
        temporary(
            &transport.send(FROM, &notice()).await,
            "at the message: the connection was closed",
        );
        transport.send(FROM, &notice()).await.unwrap();
        let messages = fake.heard(|heard| heard.messages.clone());
        assert_eq!(messages.len(), 2);
        assert_eq!(messages[0], messages[1], "byte for byte, so under the same Message-ID");
    }

    #[tokio::test]
    async fn a_refused_recipient_leaves_the_connection_good_for_the_next() {
        let fake =
            Fake::start(Script { rcpt: Some("550 no such user"), ..Script::default() }).await;
        let transport = transport(&fake.url, Tls::None, None);
        for _ in 0..3 {
            permanent(&transport.send(FROM, &notice()).await, "no such user");
        }
        assert_eq!(fake.heard(|heard| (heard.sessions, heard.messages.len())), (1, 0));
    }

    #[tokio::test]
    async fn without_starttls_nothing_is_said_in_the_clear() {
        let fake =
            Fake::start(Script { offers: "250-AUTH PLAIN LOGIN\r\n", ..Script::default() }).await;
        let transport = transport(&fake.url, Tls::Required, Some("vahti"));
        temporary(&transport.send(FROM, &notice()).await, "does not offer STARTTLS");
        let lines = fake.heard(|heard| heard.lines.clone());
        assert!(lines.iter().all(|line| line.starts_with("EHLO ")), "{lines:?}");
    }

    #[tokio::test]
    async fn a_refused_password_waits_for_the_operator_and_is_not_told() {
        let script = Script {
            offers: "250-AUTH PLAIN LOGIN\r\n",
            auth: Some("535 5.7.8 wrong"),
            ..Script::default()
        };
        let fake = Fake::start(script).await;
        let transport = transport(&fake.url, Tls::None, Some("vahti"));
        let result = transport.send(FROM, &notice()).await;
        temporary(&result, "answered 535 5.7.8 wrong to AUTH (see smtp.username and smtp.password");
        assert!(!format!("{result:?}").contains("s3cr3t"));
        // A full outbox must not look like somebody guessing passwords.
        for _ in 0..20 {
            temporary(&transport.send(FROM, &notice()).await, "535");
        }
        assert_eq!(fake.heard(|heard| heard.sessions), 1);
    }

    #[tokio::test]
    async fn an_answer_out_of_order_is_no_acceptance() {
        let base = Script::default();
        for script in [
            Script { data: Some("250 queued"), ..base },
            Script { message: Some("354 go on"), ..base },
            Script { rcpt: Some("354 go on"), ..base },
        ] {
            temporary(&sent(script).await.1, "out of order");
        }
    }

    #[tokio::test]
    async fn letters_beyond_ascii_go_where_the_server_reads_them() {
        let offers = "250-8BITMIME\r\n250-SMTPUTF8\r\n";
        let fake = Fake::start(Script { offers, ..Script::default() }).await;
        let transport = transport(&fake.url, Tls::None, None);
        let notice = Notice { to: "Äiti <jäätelö@acme.example>".into(), ..notice() };
        transport.send(FROM, &notice).await.unwrap();
        let lines = fake.heard(|heard| heard.lines.clone());
        assert_eq!(
            lines.get(1..3).unwrap(),
            [
                "MAIL FROM:<alerts@acme.example> SMTPUTF8 BODY=8BITMIME",
                "RCPT TO:<jäätelö@acme.example>"
            ]
        );
        let message = fake.heard(|heard| heard.messages.concat());
        assert!(message.contains("<jäätelö@acme.example>\r\n"), "{message}");
        assert!(message.contains("To: =?utf-8?b?w4RpdGk=?= <j"), "a name is encoded: {message}");
    }

    #[tokio::test]
    async fn letters_that_the_server_cannot_read_are_refused_for_good() {
        let fake = Fake::start(Script::default()).await;
        let transport = transport(&fake.url, Tls::None, None);
        let notice = Notice { to: "jäätelö@acme.example".into(), ..notice() };
        permanent(&transport.send(FROM, &notice).await, "letters beyond ASCII");
    }
}
