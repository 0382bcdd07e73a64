//! Mail addresses as people write them: `care@acme.example` or `Care team <care@acme.example>`.
//! Domains with other letters become what mail servers understand.

use lettre::Address;
use lettre::message::Mailbox;

/// The longest address that SMTP allows, in bytes.
const LONGEST_ADDRESS: usize = 254;

/// The longest name before an address that is kept, in characters.
const LONGEST_NAME: usize = 100;

/// Tells whether `text` is one mail address, with or without a name.
///
/// # Errors
///
/// Says what is wrong with it, naming it.
pub fn check_address(text: &str) -> Result<(), String> {
    mailbox(text).map(|_| ())
}

/// Returns the address alone, without a name; `None` where `text` is no mail address.
pub fn bare(text: &str) -> Option<String> {
    mailbox(text).ok().map(|mailbox| mailbox.email.to_string())
}

/// Reads one mail address, its domain converted to ASCII.
pub(super) fn mailbox(text: &str) -> Result<Mailbox, String> {
    let wrong = |why: &str| format!("`{}` is no mail address: {why}", crate::text::visible(text));
    if text.chars().any(char::is_control) {
        return Err(wrong("it has a control character in it"));
    }
    let (name, address) =
        parts(text.trim()).ok_or_else(|| wrong("its `<` and `>` do not match"))?;
    if address.len() > LONGEST_ADDRESS {
        return Err(wrong("it is longer than 254 bytes"));
    }
    let Some((user, domain)) = address.rsplit_once('@') else {
        return Err(wrong("it has no `@`"));
    };
    if user.contains(',') || user.contains(';') {
        return Err(wrong("it seems to be several; write each as an address of its own"));
    }
    let domain = ascii(domain).ok_or_else(|| wrong("what follows the `@` is no domain"))?;
    let address = Address::new(user, domain).map_err(|error| match error {
        lettre::address::AddressError::InvalidUser => wrong("what precedes the `@` is not allowed"),
        _ => wrong("what follows the `@` is no domain"),
    })?;
    Ok(Mailbox::new(name, address))
}

/// Takes `Name <address>` apart; `None` where the brackets do not match.
fn parts(text: &str) -> Option<(Option<String>, &str)> {
    let Some(inside) = text.strip_suffix('>') else {
        return (!text.contains(['<', '>'])).then_some((None, text));
    };
    let (name, address) = inside.rsplit_once('<')?;
    let name = name.trim();
    let name = name
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .map_or_else(|| name.to_owned(), |quoted| quoted.replace("\\\"", "\""));
    if name.contains(['<', '>']) || address.contains(['<', '>']) {
        return None;
    }
    let name = crate::text::cut(&crate::text::visible(&name), LONGEST_NAME);
    Some(((!name.is_empty()).then_some(name), address.trim()))
}

/// Returns the domain in ASCII; addresses in brackets stay as they are.
fn ascii(domain: &str) -> Option<String> {
    if domain.starts_with('[') {
        return Some(domain.to_owned());
    }
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    (!ascii.is_empty()).then_some(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: Option<&str>, address: &str) {
        let mailbox = mailbox(text).unwrap();
        assert_eq!((mailbox.name.as_deref(), mailbox.email.as_ref()), (name, address));
    }

    #[test]
    fn plain_and_named_addresses_are_read() {
        check("care@acme.example", None, "care@acme.example");
        check(" <care@acme.example> ", None, "care@acme.example");
        check("Care <care@acme.example>", Some("Care"), "care@acme.example");
        check("\"Care, \\\"team\\\"\" <a@b.example>", Some("Care, \"team\""), "a@b.example");
        check("Asiakaspalvelu Häme <a@b.example>", Some("Asiakaspalvelu Häme"), "a@b.example");
        check("root@localhost", None, "root@localhost");
        check("a+b.c@[127.0.0.1]", None, "a+b.c@[127.0.0.1]");
    }

    #[test]
    fn a_domain_with_other_letters_is_converted() {
        check("x@esimerkki-ä.fi", None, "x@xn--esimerkki--z5a.fi");
        check("Çağrı <x@Çağrı.example>", Some("Çağrı"), "x@xn--ar-3ia9t9c.example");
    }

    #[track_caller]
    fn refused(text: &str, why: &str) {
        let said = check_address(text).unwrap_err();
        assert!(said.contains(why), "{said}");
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        refused("", "no `@`");
        refused("care", "no `@`");
        refused("@acme.example", "precedes");
        refused("care@", "domain");
        refused("care@acme..example", "domain");
        refused("care@ac me.example", "domain");
        refused("a@b.example, c@d.example", "several");
        refused("A <a@b.example>, B <c@d.example>", "do not match");
        refused("a@b.example>", "do not match");
        refused("A <a@b.example", "do not match");
        refused("a b@c.example", "precedes");
        refused("a@b.example\r\nBcc: x@y.example", "control");
        refused("A\0 <a@b.example>", "control");
        refused(&format!("{}@b.example", "a".repeat(300)), "254");
    }
}
