//! What sites ask of robots, kept: each `robots.txt` is asked for once a day, and while it cannot be
//! had, nothing that it might forbid is asked for (RFC 9309, 2.3.1 and 2.4).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::FetchError;
use super::robots::Rules;

/// How long a `robots.txt` is believed without being asked for again.
const BELIEVED: Duration = Duration::from_hours(24);

/// How long it is believed while it cannot be had.
const BELIEVED_AT_MOST: Duration = Duration::from_hours(24 * 30);

/// When it is tried again after it could not be had; the pause doubles.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// Memory for all of them, in bytes. Beyond it, what was used longest ago is forgotten.
const MOST_KEPT: usize = 64 * 1024 * 1024;

/// What a site takes apart from its rules, about.
const OF_A_SITE: usize = 512;

/// What sites ask of robots, by origin: scheme, host and port.
#[derive(Default)]
pub(super) struct Manners {
    sites: Mutex<HashMap<String, Site>>,
}

struct Site {
    kept: Arc<tokio::sync::Mutex<Kept>>,
    /// As its rules have it, for those who do not ask for them.
    delay: Duration,
    size: usize,
    used: Instant,
}

/// The last copy of one `robots.txt`, and what became of the attempts to get a newer one.
#[derive(Default)]
struct Kept {
    copy: Option<(Arc<Rules>, Instant)>,
    fault: Option<Fault>,
}

struct Fault {
    error: FetchError,
    in_a_row: u32,
    again: Instant,
}

impl Manners {
    /// Returns what the site of `url` asks of robots. It is asked with `read` where that is not known;
    /// of several who want to know at once, one asks.
    ///
    /// # Errors
    ///
    /// Fails with what `read` failed with, or did not long ago, where no copy is there to go by.
    pub(super) async fn rules(
        &self,
        url: &Url,
        now: Instant,
        read: impl Future<Output = Result<Rules, FetchError>>,
    ) -> Result<Arc<Rules>, FetchError> {
        let origin = origin(url);
        let kept = self.kept(&origin, now);
        let mut kept = kept.lock().await;
        if let Some(known) = kept.known(now) {
            return known;
        }
        let rules = kept.learn(read.await, now);
        if let Ok(rules) = &rules {
            self.note(&origin, rules, now);
        }
        rules
    }

    /// Returns the pause that the site of `url` is known to want, zero if none.
    pub(super) fn delay(&self, url: &Url) -> Duration {
        self.sites().get(&origin(url)).map_or(Duration::ZERO, |site| site.delay)
    }

    fn kept(&self, origin: &str, now: Instant) -> Arc<tokio::sync::Mutex<Kept>> {
        let mut sites = self.sites();
        let site = sites.entry(origin.to_owned()).or_insert_with(|| Site {
            kept: Arc::default(),
            delay: Duration::ZERO,
            size: OF_A_SITE + origin.len(),
            used: now,
        });
        site.used = now;
        Arc::clone(&site.kept)
    }

    fn note(&self, origin: &str, rules: &Rules, now: Instant) {
        let mut sites = self.sites();
        if let Some(site) = sites.get_mut(origin) {
            site.delay = rules.delay().unwrap_or_default();
            site.size = OF_A_SITE + origin.len() + rules.size();
            site.used = now;
        }
        make_room(&mut sites, MOST_KEPT);
    }

    fn sites(&self) -> MutexGuard<'_, HashMap<String, Site>> {
        // What is locked is whole after every statement.
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets sites until the others take no more than `most` bytes. Somebody who is asking one of them
/// still gets the answer.
fn make_room(sites: &mut HashMap<String, Site>, most: usize) {
    let mut taken: usize = sites.values().map(|site| site.size).sum();
    if taken <= most {
        return;
    }
    let mut by_age: Vec<(Instant, String)> =
        sites.iter().map(|(origin, site)| (site.used, origin.clone())).collect();
    by_age.sort_unstable();
    for (_, origin) in by_age {
        // Some more, so that not every new site costs this.
        if taken <= most / 4 * 3 {
            return;
        }
        taken -= sites.remove(&origin).map_or(0, |site| site.size);
    }
}

impl Kept {
    /// Returns what needs no asking.
    fn known(&self, now: Instant) -> Option<Result<Arc<Rules>, FetchError>> {
        if let Some(rules) = self.copy_of(now, BELIEVED) {
            return Some(Ok(rules));
        }
        let fault = self.fault.as_ref().filter(|fault| now < fault.again)?;
        Some(self.copy_of(now, BELIEVED_AT_MOST).ok_or_else(|| fault.error.clone()))
    }

    /// Takes what asking brought, and returns what is to be gone by.
    fn learn(
        &mut self,
        read: Result<Rules, FetchError>,
        now: Instant,
    ) -> Result<Arc<Rules>, FetchError> {
        match read {
            Ok(rules) => {
                let rules = Arc::new(rules);
                *self = Self { copy: Some((Arc::clone(&rules), now)), fault: None };
                Ok(rules)
            }
            // Then the site was not asked, and said nothing.
            Err(error @ (FetchError::HostPaused { .. } | FetchError::Private { .. })) => {
                self.copy_of(now, BELIEVED_AT_MOST).ok_or(error)
            }
            Err(error) => {
                let in_a_row = self.fault.as_ref().map_or(0, |fault| fault.in_a_row) + 1;
                let pause = FIRST_PAUSE * 2_u32.saturating_pow(in_a_row.min(16) - 1);
                let again = now + pause.min(LONGEST_PAUSE);
                self.fault = Some(Fault { error: error.clone(), in_a_row, again });
                self.copy_of(now, BELIEVED_AT_MOST).ok_or(error)
            }
        }
    }

    fn copy_of(&self, now: Instant, at_most: Duration) -> Option<Arc<Rules>> {
        let (rules, read) = self.copy.as_ref()?;
        (now.saturating_duration_since(*read) < at_most).then(|| Arc::clone(rules))
    }
}

/// Returns scheme, host and port, without the name and password.
fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const MINUTE: Duration = Duration::from_mins(1);
    const HOUR: Duration = Duration::from_hours(1);
    const DAY: Duration = Duration::from_hours(24);

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn forbids(path: &str) -> Rules {
        Rules::parse(format!("User-agent: *\nDisallow: {path}\nCrawl-delay: 2").as_bytes(), "vahti")
    }

    /// What sites ask, how often one was asked, and the time.
    struct World {
        manners: Manners,
        asked: AtomicUsize,
        begin: Instant,
    }

    impl World {
        fn new() -> Self {
            Self { manners: Manners::default(), asked: AtomicUsize::new(0), begin: Instant::now() }
        }

        /// Asks at `at` after the beginning, when the site answers with `says`. Tells whether it was
        /// asked, and which path is forbidden then, or why nobody knows.
        async fn ask(&self, at: Duration, says: Result<&str, &str>) -> (bool, String) {
            let before = self.asked.load(Ordering::SeqCst);
            let read = async {
                self.asked.fetch_add(1, Ordering::SeqCst);
                says.map(forbids).map_err(|error| FetchError::Setup(error.to_owned()))
            };
            let page = url("https://example.org/page");
            let told = match self.manners.rules(&page, self.begin + at, read).await {
                Ok(rules) => {
                    let is_forbidden = |path: &&str| !rules.allow(&page.join(path).unwrap());
                    ["/a", "/b"].into_iter().find(is_forbidden).unwrap_or_default().to_owned()
                }
                Err(FetchError::Setup(error)) => error,
                Err(other) => other.to_string(),
            };
            (self.asked.load(Ordering::SeqCst) > before, told)
        }
    }

    #[track_caller]
    fn check(was_asked: bool, wanted: &str, told: &(bool, String)) {
        assert_eq!(*told, (was_asked, wanted.to_owned()));
    }

    #[tokio::test]
    async fn a_site_is_asked_once_a_day() {
        let world = World::new();
        check(true, "/a", &world.ask(Duration::ZERO, Ok("/a")).await);
        check(false, "/a", &world.ask(HOUR * 23, Ok("/b")).await);
        check(true, "/b", &world.ask(DAY, Ok("/b")).await);
        check(false, "/b", &world.ask(HOUR * 47, Ok("/a")).await);
    }

    #[tokio::test]
    async fn what_cannot_be_had_forbids_everything_and_is_tried_again_within_the_hour() {
        let world = World::new();
        check(true, "down", &world.ask(Duration::ZERO, Err("down")).await);
        check(false, "down", &world.ask(MINUTE / 2, Ok("/a")).await);
        let mut at = MINUTE;
        let mut attempts = 0;
        while at < DAY {
            let (was_asked, told) = world.ask(at, Err("down")).await;
            attempts += usize::from(was_asked);
            assert_eq!(told, "down");
            at += MINUTE;
        }
        // After 1, 2, 4, 8, 16, 32 minutes, and then each hour.
        assert_eq!(attempts, 6 + 22);
        check(true, "/a", &world.ask(DAY + HOUR, Ok("/a")).await);
        check(true, "/a", &world.ask(DAY * 2 + HOUR, Err("down")).await);
        check(true, "/b", &world.ask(DAY * 2 + HOUR + MINUTE, Ok("/b")).await);
    }

    #[tokio::test]
    async fn the_last_copy_holds_while_there_is_no_newer_one_and_not_for_ever() {
        let world = World::new();
        check(true, "/a", &world.ask(Duration::ZERO, Ok("/a")).await);
        check(true, "/a", &world.ask(DAY, Err("down")).await);
        check(false, "/a", &world.ask(DAY + MINUTE / 2, Ok("/b")).await);
        check(true, "/a", &world.ask(DAY * 29, Err("down")).await);
        check(true, "gone", &world.ask(DAY * 31, Err("gone")).await);
        check(true, "/b", &world.ask(DAY * 31 + HOUR, Ok("/b")).await);
    }

    #[tokio::test]
    async fn a_site_that_could_not_be_asked_is_asked_at_the_next_occasion() {
        let manners = Manners::default();
        let page = url("https://a.example/");
        let ask = async |answer| manners.rules(&page, Instant::now(), async { answer }).await;
        let paused = FetchError::HostPaused { host: "a.example".to_owned(), wait: HOUR };
        assert_eq!(ask(Err(paused.clone())).await, Err(paused));
        assert!(ask(Ok(forbids("/a"))).await.is_ok());
    }

    #[tokio::test]
    async fn of_several_who_want_to_know_one_asks() {
        let manners = Manners::default();
        let asked = AtomicUsize::new(0);
        let now = Instant::now();
        let read = || async {
            asked.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(forbids("/a"))
        };
        let ask = async |text: &str| manners.rules(&url(text), now, read()).await.unwrap();
        let one = ["https://a.example/1", "https://A.example:443/2", "https://me:pw@a.example/3?q"];
        futures_util::future::join_all(one.into_iter().map(ask)).await;
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        for (number, other) in
            ["http://a.example/", "https://a.example:444/", "https://b.example/"].iter().enumerate()
        {
            ask(other).await;
            assert_eq!(asked.load(Ordering::SeqCst), number + 2, "{other} is another site");
        }
        assert_eq!(manners.delay(&url("https://a.example/x")), Duration::from_secs(2));
        assert_eq!(manners.delay(&url("https://c.example/x")), Duration::ZERO);
    }

    #[tokio::test]
    async fn one_that_is_given_up_while_asking_leaves_the_asking_to_the_next() {
        let manners = Manners::default();
        let page = url("https://a.example/");
        let never = manners.rules(&page, Instant::now(), std::future::pending());
        assert!(tokio::time::timeout(Duration::from_millis(20), never).await.is_err());
        let read = async { Ok(forbids("/a")) };
        assert!(manners.rules(&page, Instant::now(), read).await.is_ok());
    }

    #[test]
    fn what_was_used_longest_ago_is_forgotten_first() {
        let begin = Instant::now();
        let site = |age: u32| Site {
            kept: Arc::default(),
            delay: Duration::ZERO,
            size: 100,
            used: begin + MINUTE * (10 - age),
        };
        let mut sites: HashMap<String, Site> =
            (1..=10).map(|age| (age.to_string(), site(age))).collect();
        make_room(&mut sites, 1000);
        assert_eq!(sites.len(), 10);
        make_room(&mut sites, 600);
        let mut left: Vec<_> = sites.into_keys().collect();
        left.sort();
        assert_eq!(left, ["1", "2", "3", "4"]);
    }

    #[tokio::test]
    async fn a_thousand_hostile_files_do_not_fill_the_memory() {
        let manners = Manners::default();
        let now = Instant::now();
        let body = "User-agent: *\n".to_owned() + &"Disallow: /*a*b*c*d\n".repeat(1000);
        let rules = Rules::parse(body.as_bytes(), "vahti");
        for number in 0..1000 {
            let page = url(&format!("https://{number}.example/"));
            manners.rules(&page, now, async { Ok(rules.clone()) }).await.unwrap();
        }
        let taken: usize = manners.sites().values().map(|site| site.size).sum();
        assert!((MOST_KEPT / 2..=MOST_KEPT).contains(&taken), "{taken}");
    }
}
