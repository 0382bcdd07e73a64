//! What was found of the planted names, and what beside them.

use crate::texts::Text;
use std::collections::BTreeSet;
use vahti::brand::{Brand, Field, Hit};
use vahti::matching::Matcher;

pub(crate) struct Found {
    pub(crate) planted: usize,
    /// The keyword and the form of each planted name that was not found.
    pub(crate) missed: Vec<String>,
    /// The same of what was found where nothing was planted.
    pub(crate) extra: Vec<String>,
    /// The part of the posts that name a brand, planted or not.
    pub(crate) share: f64,
}

impl Found {
    /// Looks for the first `count` of the planted keywords; the matcher knows no more.
    pub(crate) fn by(matcher: &Matcher, brands: &[Brand], texts: &[Text], count: usize) -> Self {
        let keywords: Vec<&str> = brands
            .iter()
            .flat_map(|brand| &brand.keywords)
            .map(|keyword| keyword.written.as_str())
            .collect();
        let mut found = Self { planted: 0, missed: Vec::new(), extra: Vec::new(), share: 0.0 };
        let mut with_hits = 0_u32;
        for text in texts {
            let candidates = matcher.candidates(&text.post, |post| post.language);
            let hits: BTreeSet<_> =
                candidates.iter().flat_map(|candidate| &candidate.hits).map(shown).collect();
            with_hits += u32::from(!candidates.is_empty());
            let planted = text.planted.as_ref().filter(|planted| planted.keyword < count);
            let mut is_found = false;
            for (keyword, field, start, end, form) in &hits {
                let here = planted.filter(|planted| {
                    *field == Field::Text && planted.start <= *start && *end <= planted.end
                });
                match here {
                    Some(here) => is_found |= keywords.get(here.keyword) == Some(keyword),
                    None => found.extra.push(format!("{keyword} in {form}")),
                }
            }
            if let Some(planted) = planted {
                found.planted += 1;
                if !is_found {
                    let length = planted.end - planted.start;
                    let form: String =
                        text.post.text.chars().skip(planted.start).take(length).collect();
                    let keyword = keywords.get(planted.keyword).copied().unwrap_or_default();
                    let language = text.post.language.map(|language| language.to_string());
                    let language = language.unwrap_or_default();
                    found.missed.push(format!("{keyword} in {form} ({language})"));
                }
            }
        }
        let all = u32::try_from(texts.len()).unwrap_or(u32::MAX);
        found.share = f64::from(with_hits) / f64::from(all.max(1));
        found
    }
}

fn shown(hit: &Hit) -> (&str, Field, usize, usize, &str) {
    (&hit.keyword, hit.field, hit.start, hit.end, &hit.form)
}
