//! `vahti report`: what was learned of a period, for the house or for everybody.

use super::print;
use super::{Context, Failure};
use crate::ask::{Answer, Question, ReportAsked};
use crate::report::public::LANGUAGES;
use crate::text::Language;
use clap::ValueEnum;
use clap::builder::PossibleValuesParser;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Only this brand
    #[arg(long)]
    brand: Option<String>,
    /// From when on: a date, an RFC 3339 time, or an age such as 7d [default: 30 days before the end]
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// Until when [default: now]
    #[arg(long, value_name = "T")]
    until: Option<String>,
    /// What customers said and what was done, without names, to be published
    #[arg(long)]
    public: bool,
    /// The language of what is published
    #[arg(long, requires = "public", value_name = "LANGUAGE", default_value = "en")]
    #[arg(value_parser = PossibleValuesParser::new(LANGUAGES))]
    language: String,
    /// The form of what is shown
    #[arg(long, value_enum, default_value_t)]
    format: Form,
}

/// The forms of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    #[default]
    Table,
    Json,
    Html,
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let desk = context.desk()?;
    let Args { brand, since, until, public, language, format } = args;
    let language: Language = language.parse().unwrap_or(Language::ENGLISH);
    let zone = desk.zone;
    match desk.ask(&Question::Report(ReportAsked { brand, since, until, public }))? {
        Answer::Report(report) => match format {
            Form::Table => print::write(&report.text(zone)),
            Form::Html => print::write(&report.html(zone)),
            Form::Json => print::one(&report, print::Format::Json, &[], String::new),
        },
        Answer::PublicReport(report) => match format {
            Form::Table => print::write(&report.text(language, zone)),
            Form::Html => print::write(&report.html(language, zone)),
            Form::Json => print::one(&report, print::Format::Json, &[], String::new),
        },
        _ => Ok(()),
    }
}
