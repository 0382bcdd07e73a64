//! Not written yet.

use super::site::{Site, Watch, Wrong};
use super::{Kind, Source};
use crate::post::Concerns;

pub const SITE: Site = Site {
    kind: Kind::Discourse,
    host: "https://discourse.invalid",
    keys: &[],
    concerns: Concerns::Named,
    needs: "",
    build,
};

fn build(_watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    Err(Wrong::new("url", "not in this version of vahti"))
}
