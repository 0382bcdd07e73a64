//! What the configuration tells of Reddit: communities, and the key of an app.

use crate::fetch::{Grant, Secret};
use crate::source::site::{Watch, Wrong, at};

/// Communities that are read as one list.
const MOST_SUBREDDITS: usize = 25;

/// Returns the names of communities, joined.
pub(super) fn subreddits(written: &[String]) -> Result<String, Wrong> {
    let mut names: Vec<&str> = Vec::new();
    for written in written {
        let name = written.trim_start_matches('/');
        let name = name.strip_prefix("r/").unwrap_or(name).trim_end_matches('/');
        let is_name = (2..=24).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_name {
            let why = format!("`{written}` is no name of a community");
            return Err(Wrong::new("subreddits", why).hint("write it as it stands behind r/"));
        }
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    if names.len() > MOST_SUBREDDITS {
        let why = format!("these are more than {MOST_SUBREDDITS} communities");
        return Err(Wrong::new("subreddits", why).hint("write another source for the rest"));
    }
    Ok(names.join("+"))
}

/// Returns what a token is given for; `None` where there is no key.
pub(super) fn grant(watch: &Watch<'_>) -> Result<Option<Grant>, Wrong> {
    let given = watch.given;
    let user = given.text("username").zip(given.secret("password"));
    match (given.secret("client_id"), given.secret("client_secret")) {
        (Some(id), Some(secret)) => {
            let form: Vec<(&'static str, Secret)> = match (user, given.text("username")) {
                (Some((name, password)), _) => vec![
                    ("grant_type", "password".into()),
                    ("username", name.into()),
                    ("password", password.clone()),
                ],
                (None, Some(_)) => {
                    return Err(Wrong::new("username", "its `password` is missing"));
                }
                (None, None) => vec![("grant_type", "client_credentials".into())],
            };
            let url = at(&watch.base, "/api/v1/access_token", &[]);
            let client = Some((id.expose().to_owned(), secret.clone()));
            Ok(Some(Grant::OAuth { url, client, form }))
        }
        (Some(_), None) => Err(Wrong::new("client_id", "its `client_secret` is missing")),
        (None, Some(_)) => Err(Wrong::new("client_secret", "its `client_id` is missing")),
        (None, None) if given.text("username").is_some() => Err(Wrong::new(
            "username",
            "mentions of an account need `client_id` and \
                `client_secret` of an app as well",
        )),
        (None, None) => Ok(None),
    }
}
