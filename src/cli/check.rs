//! `vahti check`: every fault of the configuration, and with `--probe` what every source would bring.

use super::print::{self, Output};
use super::probe::{self, Probed};
use super::{Context, Failure, desk};
use crate::config::{Config, Place, SourceConfig};
use crate::enrich::engine::{Inquiry, Service};
use crate::enrich::language;
use crate::fetch::Fetcher;
use crate::pipeline::Rules;
use crate::post::{Concerns, Post};
use crate::text::{count, visible};
use serde::Serialize;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Also ask every source and the judge's service once, and say what they would bring; sends nothing
    #[arg(long)]
    probe: bool,
    #[command(flatten)]
    output: Output,
}

/// What one source would bring.
#[derive(Serialize)]
struct Row {
    source: String,
    posts: usize,
    skipped: usize,
    mentions: usize,
    /// What was read and looks wrong all the same.
    warnings: Vec<String>,
    error: Option<String>,
    /// Whether it is not asked at all.
    #[serde(skip)]
    waits: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let loaded = context.load()?;
    for warning in &loaded.warnings {
        context.say(&format!("warning: {warning}"));
    }
    let config = loaded.config;
    if args.probe {
        return probe(&config, args, context);
    }
    print::write(&format!(
        "{} is fine: {}, {}, {}.\n{}",
        config.path.display(),
        count(config.brands.len(), "brand"),
        count(config.sources.len(), "source"),
        count(config.alerts.len(), "alert"),
        needs(&config)
    ))
}

/// Says which account, permission or scope each source needs that needs any.
fn needs(config: &Config) -> String {
    let need = |source: &SourceConfig| {
        let Place::Site(place) = &source.place else { return None };
        let needs = place.kind.site()?.needs;
        let name = visible(&source.name.0);
        (!needs.is_empty()).then(|| format!("{name} ({}) needs {needs}.\n", place.kind))
    };
    config.sources.iter().filter_map(need).collect()
}

fn probe(config: &Config, args: &Args, context: &Context) -> Result<(), Failure> {
    let rules = Rules::new(config.brands.clone(), config.alerts.clone(), config.zone);
    let fetcher =
        Fetcher::new(config.http.clone()).map_err(|error| Failure::new(error.to_string()))?;
    let judge = desk::block_on(judge(config, &fetcher))?;
    let rows: Vec<Row> = desk::block_on(async {
        let mut rows = Vec::new();
        for source in &config.sources {
            for (name, probed) in probe::configured(source, config, &fetcher).await {
                rows.push(row(name, probed, &rules));
            }
        }
        rows
    })?;
    if let Some(Ok(said) | Err(said)) = &judge {
        context.say(said);
    }
    let failed = rows.iter().filter(|row| row.error.is_some()).count();
    print::list(
        &rows,
        args.output.format,
        &["source", "posts", "skipped", "mentions", "warnings", "error"],
        || {
            print::table(
                &["source", "posts", "skipped", "mentions", "says"],
                rows.iter().map(|row| {
                    vec![
                        row.source.clone(),
                        row.posts.to_string(),
                        row.skipped.to_string(),
                        row.mentions.to_string(),
                        says(row),
                    ]
                }),
            )
        },
    )?;
    if failed > 0 {
        return Err(Failure::new(format!(
            "{} of {} could not be read",
            failed,
            count(rows.len(), "source")
        )));
    }
    if let Some(Err(_)) = judge {
        return Err(Failure::new("the service of [judge] does not judge")
            .hint("until it does, vahti judges itself"));
    }
    Ok(())
}

/// Asks the service that judges, where there is one, about a text of ours, and says what came of it.
async fn judge(config: &Config, fetcher: &Fetcher) -> Option<Result<String, String>> {
    let service = config.judge.service()?;
    let brand = config.brands.first()?;
    let text = format!("{} opens a new store on Friday", brand.name);
    let inquiry = Inquiry::of(&Post { text, ..Post::default() }, &[], &brand.name, None);
    let Service { url, token, timeout, .. } = &**service;
    let sent = fetcher.inquire(url, service.body(&inquiry), token.as_ref(), *timeout);
    let said = match sent.await {
        Ok(answer) => service.read(&answer).map_err(|why| format!("its answer will not do: {why}")),
        Err(error) => Err(error.to_string()),
    };
    Some(match said {
        Ok(_) => Ok(format!("Asked {service} about a text: it judges.")),
        Err(why) => Err(format!("Asked {service} about a text: {why}.")),
    })
}

/// Returns how many brands a post would be a mention of.
fn mentions(post: &Post, rules: &Rules) -> usize {
    let named = rules.matcher.candidates(post, language::sure).len();
    let by_place = usize::from(post.concerns != Concerns::Named && !post.is_gone);
    named.max(by_place)
}

fn says(row: &Row) -> String {
    match (&row.error, row.warnings.as_slice()) {
        (Some(error), _) => visible(error),
        (None, []) if row.waits => "waits for posts".into(),
        (None, []) => "ok".into(),
        (None, warnings) => visible(&warnings.join("; ")),
    }
}

fn row(source: String, probed: Result<Probed, String>, rules: &Rules) -> Row {
    match probed {
        Ok(Probed { posts, skipped, described, waits, trouble }) => Row {
            waits,
            source,
            mentions: posts.iter().map(|post| mentions(post, rules)).sum(),
            posts: posts.len(),
            skipped,
            warnings: described.into_iter().flat_map(|read| read.warnings).chain(trouble).collect(),
            error: None,
        },
        Err(error) => {
            let warnings = Vec::new();
            let error = Some(error);
            Row { source, posts: 0, skipped: 0, mentions: 0, warnings, error, waits: false }
        }
    }
}
