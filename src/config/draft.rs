//! A configuration while it is read: the files it is spread over, what they say, and in the end what
//! only shows across them.

use super::problem::{Problem, Spot, near};
use super::reader::{Reader, Table};
use super::sources;
use super::surroundings::Surroundings;
use super::value::Value;
use super::{
    Config, Loaded, Mail, Web, WebSub, alerts, brands, channels, desk, files, http, judge, mail,
    operator, replies, syntax, web, websub,
};
use crate::brand::Brand;
use crate::fetch;
use crate::pipeline::{canary, care, hand};
use crate::ticket::reply::own::Own;
use chrono::TimeDelta;
use chrono_tz::{TZ_VARIANTS, Tz};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// The most files of one configuration.
const MOST_FILES: usize = 10_000;
/// The longest path of a Unix socket.
pub(super) const LONGEST_SOCKET: usize = 107;
const LONGEST_NAME: usize = 100;
const DAY: u64 = 24 * 60 * 60;
const FOLLOW_UP_DAYS: i64 = 10;
const KEEP_POSTS_DAYS: i64 = 7;
const QUIET_AFTER_DAYS: i64 = 90;
const MOST_KEEP_POSTS_DAYS: i64 = 90;

/// What a later version of vahti reads.
const LATER: [&str; 1] = ["retention"];

/// What was read so far.
pub(super) struct Draft<'s> {
    pub(super) around: &'s Surroundings,
    /// The main file, as it was named, then those it includes.
    pub(super) files: Vec<PathBuf>,
    /// The same, resolved: a file counts once.
    known: HashSet<PathBuf>,
    /// Where each key that may stand once was given.
    pub(super) given: HashMap<String, Spot>,
    pub(super) brand_names: Names,
    pub(super) source_names: Names,
    alert_names: Names,
    channel_names: Names,
    /// Whether some file is no proper TOML, so that what is missing may only have been misread.
    broken: bool,
    zone: Option<Tz>,
    pub(super) state_dir: Option<PathBuf>,
    pub(super) control: Option<PathBuf>,
    pub(super) http: fetch::Settings,
    mail: Option<Mail>,
    brands: Vec<Brand>,
    pub(super) sources: Vec<sources::Draft>,
    pub(super) alerts: Vec<alerts::Draft>,
    pub(super) channels: Vec<channels::Draft>,
    websub: Option<WebSub>,
    web: Option<Web>,
    pub(super) operator: operator::Draft,
    pub(super) desk: desk::Draft,
    follow_up_days: i64,
    keep_posts: TimeDelta,
    quiet_after: Option<TimeDelta>,
    pub(super) judge: judge::Draft,
    replies: Own,
    pub(super) faults: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
}

/// The names that were given to things of one sort.
#[derive(Default)]
pub(super) struct Names {
    pub(super) sort: &'static str,
    /// By the name in lower case: `Acme` and `acme` would be told apart by nobody.
    pub(super) seen: HashMap<String, (String, Spot)>,
    /// Whether there was anything of this sort at all, with or without a name.
    pub(super) any: bool,
    /// Names that vahti itself uses, in lower case.
    reserved: &'static [&'static str],
}

impl Names {
    fn of(sort: &'static str) -> Self {
        Self { sort, ..Self::default() }
    }

    /// Reads the name of a table and remembers it.
    fn read(&mut self, table: &Table<'_>) -> Option<String> {
        let value = table.need("name", &format!("name = \"a name for this {}\"", self.sort))?;
        let name = value.words()?;
        if name.trim() != name || name.chars().any(char::is_control) {
            let hint = format!("write \"{}\"", crate::text::visible(name.trim()));
            value.fault(
                "a name has no spaces around it and no control characters in it",
                Some(hint),
            );
            return None;
        }
        if name.chars().count() > LONGEST_NAME {
            value.fault(format!("a name has at most {LONGEST_NAME} characters"), None);
            return None;
        }
        let lower = name.to_lowercase();
        if self.reserved.contains(&lower.as_str()) {
            let message = format!("`{name}` is the name of what [{lower}] is told");
            value.fault(message, Some("write another name".into()));
        }
        match self.seen.get(&name.to_lowercase()) {
            Some((known, spot)) => {
                let place = format!("{}:{}", spot.file.display(), spot.line);
                value.fault(format!("another {} is named `{known}`, at {place}", self.sort), None);
            }
            None => {
                self.seen.insert(name.to_lowercase(), (name.to_owned(), value.spot()));
            }
        }
        Some(name.to_owned())
    }
}

impl<'s> Draft<'s> {
    /// Begins with the file at `path`.
    pub(super) fn new(path: &Path, around: &'s Surroundings) -> Self {
        Self {
            around,
            files: vec![path.to_owned()],
            known: std::fs::canonicalize(around.folder.join(path)).into_iter().collect(),
            given: HashMap::new(),
            brand_names: Names::of("brand"),
            source_names: Names::of("source"),
            alert_names: Names {
                reserved: &[care::NAME, canary::NAME, hand::NAME],
                ..Names::of("alert")
            },
            channel_names: Names::of("channel"),
            broken: false,
            zone: None,
            state_dir: None,
            control: None,
            http: fetch::Settings::default(),
            mail: None,
            brands: Vec::new(),
            sources: Vec::new(),
            alerts: Vec::new(),
            channels: Vec::new(),
            websub: None,
            web: None,
            operator: operator::Draft::default(),
            desk: desk::Draft::default(),
            follow_up_days: FOLLOW_UP_DAYS,
            keep_posts: TimeDelta::days(KEEP_POSTS_DAYS),
            quiet_after: Some(TimeDelta::days(QUIET_AFTER_DAYS)),
            judge: judge::Draft::default(),
            replies: Own::default(),
            faults: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Reads everything.
    pub(super) fn read(mut self) -> Result<Loaded, Vec<Problem>> {
        self.all_files();
        self.finish()
    }

    /// Reads everything, and returns the control socket and the time zone as far as they can be
    /// told, however faulty the rest is.
    pub(super) fn whereabouts(mut self) -> (PathBuf, Tz) {
        self.all_files();
        let (_, control) = self.places();
        (control, self.zone.or(self.around.zone).unwrap_or(Tz::UTC))
    }

    fn all_files(&mut self) {
        let mut next = 0;
        while let Some(file) = self.files.get(next).cloned() {
            self.file(&file);
            next += 1;
        }
    }

    fn file(&mut self, file: &Path) {
        let path = self.around.folder.join(file);
        let text = match files::read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => return self.no_text(file, &error),
            Err(reason) => {
                self.broken = true;
                let mut problem =
                    Problem::of_file(file.to_owned(), format!("cannot be read: {reason}"));
                problem.hint = files::neighbour(&path);
                return self.faults.push(problem);
            }
        };
        let folder = path.parent().unwrap_or(Path::new("/"));
        let (mended, mut errors) = syntax::mended(&text);
        let (entries, others) = DeTable::parse_recoverable(&mended);
        errors.extend(others);
        let mut reader = Reader::new(file, folder, &text);
        reader.complain(&errors);
        self.broken |= reader.is_broken();
        self.root(reader.root(entries.get_ref()));
        let (faults, warnings) = reader.into_problems();
        self.faults.extend(faults);
        self.warnings.extend(warnings);
    }

    fn no_text(&mut self, file: &Path, error: &std::string::FromUtf8Error) {
        self.broken = true;
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let good = String::from_utf8_lossy(good);
        let line = good.matches('\n').count() + 1;
        let column = good.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let spot = Spot { file: file.to_owned(), line, column, key: String::new() };
        self.faults.push(spot.problem("this is no text in UTF-8", None));
    }

    /// Reads the table of a whole file.
    fn root(&mut self, root: Table<'_>) {
        if let Some(value) = root.take("include") {
            self.include(&value);
        }
        self.settings(&root);
        self.tables(&root);
        self.lists(&root);
        for name in LATER {
            if let Some(value) = root.take_later(name) {
                value.later();
            }
        }
        root.finish();
    }

    fn settings(&mut self, root: &Table<'_>) {
        if let Some(value) = self.once(root, "timezone") {
            self.zone = zone(&value);
        }
        if let Some(value) = self.once(root, "state_dir") {
            self.state_dir = value.words().map(|path| value.reader.folder.join(path));
        }
        if let Some(value) = self.once(root, "keep_posts") {
            self.keep_posts = keep_posts(&value).unwrap_or(self.keep_posts);
        }
        if let Some(value) = self.once(root, "control") {
            self.control = value.words().map(|path| value.reader.folder.join(path));
            if self.control.as_ref().is_some_and(|path| path.as_os_str().len() > LONGEST_SOCKET) {
                let message = format!("the path of a socket has at most {LONGEST_SOCKET} bytes");
                value.fault(message, None);
            }
        }
    }

    fn tables(&mut self, root: &Table<'_>) {
        if let Some(table) = self.once(root, "http").and_then(|value| value.table()) {
            self.http = http::settings(table);
        }
        if let Some(table) = self.once(root, "mail").and_then(|value| value.table()) {
            self.mail = mail::read(table, self.around);
        }
        if let Some(table) = self.once(root, "operator").and_then(|value| value.table()) {
            self.operator = operator::read(table);
        }
        if let Some(table) = self.once(root, "tickets").and_then(|value| value.table()) {
            if let Some(days) = table.take("follow_up").and_then(|value| follow_up(&value)) {
                self.follow_up_days = days;
            }
            table.finish();
        }
        if let Some(table) = self.once(root, "desk").and_then(|value| value.table()) {
            if let Some(value) = table.take("quiet_after") {
                self.quiet_after = quiet_after(&value);
            }
            if let Some(value) = table.take("replies") {
                match replies::read(&value) {
                    Ok(replies) => self.replies = replies,
                    Err(found) => self.faults.extend(found),
                }
            }
            self.desk.read(table);
        }
        if let Some(table) = self.once(root, "websub").and_then(|value| value.table()) {
            self.websub = websub::read(table);
        }
        if let Some(table) = self.once(root, "web").and_then(|value| value.table()) {
            self.web = web::read(table, self.around);
        }
        if let Some(table) = self.once(root, "judge").and_then(|value| value.table()) {
            self.judge.read(table, self.around);
        }
        if let Some(table) = self.once(root, "store").and_then(|value| value.table()) {
            if let Some(postgres) = table.take("postgres") {
                postgres.later();
            }
            table.finish();
        }
    }

    fn lists(&mut self, root: &Table<'_>) {
        let [brands, sources, alerts, channels] =
            ["brand", "source", "alert", "channel"].map(|name| root.take(name));
        self.brand_names.any |= brands.is_some();
        self.source_names.any |= sources.is_some();
        for table in brands.iter().flat_map(Value::tables) {
            let name = self.brand_names.read(&table);
            self.judge.read_brand(&table, name.as_deref());
            self.brands.extend(brands::read(table, name));
        }
        for table in sources.iter().flat_map(Value::tables) {
            let name = self.source_names.read(&table);
            self.sources.push(sources::read(table, name, self.around));
        }
        let [routes, absences] = ["route", "absence"].map(|name| root.take(name));
        for table in routes.iter().flat_map(Value::tables) {
            self.desk.read_route(table);
        }
        for table in absences.iter().flat_map(Value::tables) {
            self.desk.read_absence(table);
        }
        for table in alerts.iter().flat_map(Value::tables) {
            let name = self.alert_names.read(&table);
            self.alerts.push(alerts::read(table, name));
        }
        for table in channels.iter().flat_map(Value::tables) {
            let name = self.channel_names.read(&table);
            self.channels.push(channels::read(table, name, self.around));
        }
    }

    /// Returns a value that may be given once in all the files.
    fn once<'r>(&mut self, root: &Table<'r>, name: &'static str) -> Option<Value<'r>> {
        let value = root.take(name)?;
        if let Some(known) = self.given.get(name) {
            let place = format!("{}:{}", known.file.display(), known.line);
            value.fault_at_key(format!("`{name}` is given already, at {place}"), None);
        } else {
            self.given.insert(name.to_owned(), value.spot());
        }
        Some(value)
    }

    /// Puts the files that `include` names on the list.
    fn include(&mut self, value: &Value<'_>) {
        for item in value.list() {
            let Some(text) = item.words() else { continue };
            let pattern = item.reader.folder.join(text);
            let found = files::fitting(&pattern);
            if found.is_empty() && files::is_pattern(pattern.as_os_str()) {
                item.warn(format!("no file fits {}", pattern.display()), None);
            } else if found.is_empty() {
                let message = format!("cannot read {}: there is no such file", pattern.display());
                item.fault(message, files::neighbour(&pattern));
            }
            for file in found {
                let known = !std::fs::canonicalize(&file).is_ok_and(|real| self.known.insert(real));
                if known {
                    continue;
                }
                if self.files.len() >= MOST_FILES {
                    return item.fault(format!("these are more than {MOST_FILES} files"), None);
                }
                self.files.push(as_named(item.reader.file, item.reader.folder, &file));
            }
        }
    }

    /// Checks what goes across tables and files, and puts it all together.
    fn finish(mut self) -> Result<Loaded, Vec<Problem>> {
        if !self.broken {
            self.nothing_to_do();
            self.unknown_brands();
            self.unknown_channels();
            self.brands_by_place();
            self.filters();
            self.nobodys();
            self.names_of_opml();
            self.no_mail();
            self.no_judge();
        }
        self.private_addresses();
        let (state_dir, control) = self.places();
        let order: HashMap<_, _> =
            self.files.iter().enumerate().map(|(at, file)| (file, at)).collect();
        let place =
            |problem: &Problem| (order.get(&problem.file).copied(), problem.line, problem.column);
        self.faults.sort_by_key(place);
        self.warnings.sort_by_key(place);
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let zone = self.zone.or(self.around.zone).unwrap_or(Tz::UTC);
        let alerts = self.alerts.into_iter();
        let alerts = alerts.filter_map(|alert| alert.finished(zone, self.desk.closed())).collect();
        let rooms: Vec<_> = self.channels.iter().filter_map(|one| one.room.clone()).collect();
        let told = rooms.iter().map(|room| room.name.clone()).collect();
        let config = Config {
            path: self.around.folder.join(self.files.first().cloned().unwrap_or_default()),
            zone,
            state_dir,
            control,
            http: self.http,
            desk: self.desk.finished(zone, self.mail.is_some(), told),
            rooms,
            mail: self.mail,
            brands: self.brands,
            sources: self.sources.into_iter().filter_map(|source| source.config).collect(),
            alerts,
            channels: self.channels.into_iter().filter_map(|channel| channel.config).collect(),
            websub: self.websub,
            web: self.web,
            operator: self.operator.config,
            follow_up_days: self.follow_up_days,
            keep_posts: self.keep_posts,
            quiet_after: self.quiet_after,
            judge: self.judge.config,
            replies: self.replies,
        };
        Ok(Loaded { config, warnings: self.warnings })
    }
}

/// Returns an included `file` by the name that fits how the including one was named: relative where
/// that was relative.
fn as_named(including: &Path, folder: &Path, file: &Path) -> PathBuf {
    match file.strip_prefix(folder) {
        Ok(rest) => including.parent().unwrap_or(Path::new("")).join(rest),
        Err(_) => file.to_owned(),
    }
}

pub(super) fn zone(value: &Value<'_>) -> Option<Tz> {
    let text = value.words()?;
    let zone = text.parse();
    if zone.is_err() {
        let city = |name: &&str| {
            name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(text))
        };
        let names = || TZ_VARIANTS.iter().map(|zone| zone.name());
        let meant = names().find(city).or_else(|| near(text, names()));
        let hint = meant.map(|name| format!("did you mean `{name}`?"));
        let hint = hint.or_else(|| Some("write a name such as \"Europe/Helsinki\"".into()));
        value.fault(format!("`{text}` is no time zone"), hint);
    }
    zone.ok()
}

/// Reads for how long posts are kept that matched nothing.
fn keep_posts(value: &Value<'_>) -> Option<TimeDelta> {
    if value.is.as_str() == Some("0") {
        return Some(TimeDelta::zero());
    }
    let kept = TimeDelta::from_std(value.duration()?).ok();
    let kept = kept.filter(|kept| *kept <= TimeDelta::days(MOST_KEEP_POSTS_DAYS));
    if kept.is_none() {
        let message =
            format!("posts that matched nothing are kept for {MOST_KEEP_POSTS_DAYS} days at most");
        value.fault(message, Some("write \"7d\", or \"0d\" to keep none".into()));
    }
    kept
}

/// Reads after which time without a word a customer has gone quiet; `None`: never.
fn quiet_after(value: &Value<'_>) -> Option<TimeDelta> {
    if value.is.as_str() == Some("0") {
        return None;
    }
    let after = TimeDelta::from_std(value.duration()?).unwrap_or(TimeDelta::MAX);
    if after.is_zero() {
        return None;
    }
    if !(TimeDelta::days(7)..=TimeDelta::days(730)).contains(&after) {
        let hint = Some("write \"90d\", or \"0d\" to name nobody".into());
        value.fault("a customer goes quiet after 7 to 730 days", hint);
    }
    Some(after)
}

/// Reads after how many days somebody asks whether all is well.
fn follow_up(value: &Value<'_>) -> Option<i64> {
    let seconds = value.duration()?.as_secs();
    let days = i64::try_from(seconds / DAY).ok().filter(|days| (7..=14).contains(days));
    if seconds % DAY != 0 || days.is_none() {
        value.fault("a follow-up comes after 7 to 14 whole days", Some("write \"10d\"".into()));
        return None;
    }
    days
}
