//! What `--set` says of a source that stands in no configuration.

use crate::cli::Failure;
use crate::fetch::Allowed;
use crate::source::forum::preset::{self, Selectors};
use chrono_tz::Tz;

/// The keys, as they are named to somebody who wrote another.
const OF_ALL: &str = "url, content_type, allow_private_addresses";
const OF_FORUMS: &str = "url, content_type, allow_private_addresses, engine, timezone, \
    selectors.post.container and the other selectors";

/// What `--set` said.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) url: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) allow_private: Option<Allowed>,
    pub(super) engine: Option<String>,
    pub(super) zone: Option<Tz>,
    pub(super) selectors: Selectors,
}

impl Settings {
    /// Reads pairs of `key=value` for a source of `kind`.
    pub(super) fn read(pairs: &[String], kind: &str) -> Result<Self, Failure> {
        let mut settings = Self::default();
        for pair in pairs {
            let Some((key, value)) = pair.split_once('=') else {
                return Err(Failure::usage(format!(
                    "`--set {pair}` has no `=`; write --set key=value"
                )));
            };
            let is_known = settings.take(key.trim(), value, kind == "forum")?;
            if !is_known {
                let known = if kind == "forum" { OF_FORUMS } else { OF_ALL };
                return Err(Failure::usage(format!("`{}` is no setting of this kind", key.trim()))
                    .hint(format!("settings: {known}")));
            }
        }
        Ok(settings)
    }

    /// Takes one setting, if it is one of this kind.
    fn take(&mut self, key: &str, value: &str, is_forum: bool) -> Result<bool, Failure> {
        match key {
            "url" => self.url = Some(value.to_owned()),
            "content_type" => self.content_type = Some(value.to_owned()),
            "allow_private_addresses" => {
                self.allow_private = Some(match value {
                    "true" => Allowed::All,
                    "false" => Allowed::Nobody,
                    _ => {
                        return Err(Failure::usage(format!("`{value}` is neither true nor false")));
                    }
                });
            }
            "engine" if is_forum => {
                if preset::named(value).is_empty() {
                    let known = preset::words().join(", ");
                    return Err(Failure::usage(format!("`{value}` is no forum software we know"))
                        .hint(format!("known: {known}")));
                }
                self.engine = Some(value.to_owned());
            }
            "timezone" if is_forum => {
                let zone = value
                    .parse()
                    .map_err(|_| Failure::usage(format!("`{value}` is no time zone")))?;
                self.zone = Some(zone);
            }
            _ => match key.strip_prefix("selectors.").filter(|_| is_forum) {
                Some(key) => self
                    .selectors
                    .set(key, &[value])
                    .map_err(|fault| Failure::usage(fault.to_string()))?,
                None => return Ok(false),
            },
        }
        Ok(true)
    }
}
