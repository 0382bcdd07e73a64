//! What the operator can do about a source in trouble.

use super::Trouble;

/// What an error says, in lower case, and what can be done about it; the first that fits.
const ADVICE: [(&[&str], &str); 15] = [
    (
        &["while the robots.txt"],
        "vahti reads pages only where it knows that robots.txt does not mind. If the site is down, \
         there is nothing to do; if it is up, its owner has to mend /robots.txt.",
    ),
    (
        &["robots.txt"],
        "The site's robots.txt does not want this page to be read by programs. Use a feed of the \
         site, or ask its owner.",
    ),
    (
        &["log in", "login", "logged in", "sign in"],
        "The page is only for people who are logged in, and vahti has no account. Use a public page \
         or a feed of the same site.",
    ),
    (
        &["javascript", "browser"],
        "The page is empty without a browser. Use a feed of the same site.",
    ),
    (
        &["answered 401", "answered 403", "answered 451"],
        "The site refuses vahti. If a browser shows the page to somebody without an account, ask the \
         site's owner to let vahti in; `contact` in [http] tells them who asks.",
    ),
    (
        &["answered 404", "answered 400", "answered 405"],
        "The address leads nowhere. Open it in a browser, find where it went, and change the source, \
         or remove it.",
    ),
    (
        &["answered 429", "left alone"],
        "The site wants fewer requests. vahti waits as long as it was told; a longer schedule helps \
         if this comes again.",
    ),
    (
        &["answered 5"],
        "The site itself is in trouble. There is nothing to do but to wait; vahti keeps trying.",
    ),
    (
        &["private address"],
        "If that is meant, allow the address with allow_private_addresses; if not, see who answers \
         for the name.",
    ),
    (
        &["certificate"],
        "The site cannot prove who it is. Often its certificate has run out, and its owner mends it \
         soon; otherwise see whether the clock of this machine is right.",
    ),
    (
        &["no connection", "broke off"],
        "See whether the site opens in a browser. If it does, see whether this machine reaches it: \
         name service, firewall, proxy.",
    ),
    (&["did not answer"], "The site is slow. If that lasts, write a longer `timeout` in [http]."),
    (
        &["has more than"],
        "It is too large to be read. See whether the site has a smaller feed of the same.",
    ),
    (
        &["redirects"],
        "The address leads on to where vahti does not follow. Open it in a browser and write the \
         address at which it ends.",
    ),
    (&["could not read"], "See whether the file is there, and whether vahti may read it."),
];

/// Returns what can be done about `trouble` with this last error.
pub(super) fn advice(trouble: Trouble, error: &str) -> &'static str {
    match trouble {
        Trouble::Gone => {
            "The server says that it will not come back, so it is not asked any more. Remove the \
             source, or write its new address; `vahti poll` with its name asks once more."
        }
        Trouble::Silent => {
            "It answers, and brings nothing new, though it always did. Open it in a browser: if \
             there is something newer, the address shows too little, and `vahti probe` with its name \
             tells what it brings. If there is not, it is quiet, and nothing needs to be done."
        }
        Trouble::Failing => {
            let error = error.to_lowercase();
            let fits = |signs: &[&str]| signs.iter().any(|sign| error.contains(sign));
            ADVICE.iter().find(|(signs, _)| fits(signs)).map_or(
                "`vahti probe` with its name shows what it brings now, and what is wrong with it.",
                |(_, advice)| advice,
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::{FetchError, Location};
    use std::path::Path;
    use std::time::Duration;

    fn at() -> Location {
        Location::parse("https://forum.example/latest", Path::new("/")).unwrap()
    }

    #[track_caller]
    fn check(error: &str, expected: &str) {
        let advice = advice(Trouble::Failing, error);
        assert!(advice.starts_with(expected), "{error}: {advice}");
    }

    #[test]
    fn what_a_fetch_says_is_understood() {
        let status = |status| {
            FetchError::Status { location: at(), status, retry_after: None, said: None }.to_string()
        };
        check(&status(403), "The site refuses");
        check(&status(404), "The address leads nowhere");
        check(&status(429), "The site wants fewer");
        check(&status(500), "The site itself");
        check(&status(503), "The site itself");
        let wait = Duration::from_secs(35);
        check(
            &FetchError::HostPaused { host: "forum.example".into(), wait }.to_string(),
            "The site wants fewer",
        );
        check(
            &FetchError::Timeout { location: at(), allotted: wait }.to_string(),
            "The site is slow",
        );
        check(&FetchError::TooLarge { location: at(), most: 7 }.to_string(), "It is too large");
        let host = || "forum.example".to_owned();
        let connect =
            |cause: &str| FetchError::Connect { host: host(), cause: cause.into() }.to_string();
        check(&connect("connection refused"), "See whether the site opens");
        check(&connect("invalid peer certificate: Expired"), "The site cannot prove");
        let address = "127.0.0.1".parse().unwrap();
        check(&FetchError::Private { host: host(), address }.to_string(), "If that is meant");
        check(&FetchError::Robots { location: at() }.to_string(), "The site's robots.txt does");
        let unknown = FetchError::RobotsUnknown { location: at(), cause: "it answered 503".into() };
        check(&unknown.to_string(), "vahti reads pages only");
        let (path, cause) = ("/srv/feed.xml".into(), "not found".to_owned());
        check(&FetchError::File { path, cause }.to_string(), "See whether the file");
    }

    #[test]
    fn what_nobody_thought_of_has_an_advice_too() {
        check("", "`vahti probe`");
        check("the reply is no feed", "`vahti probe`");
        assert!(advice(Trouble::Gone, "x answered 503").contains("not come back"));
        assert!(advice(Trouble::Silent, "").contains("nothing new"));
    }
}
