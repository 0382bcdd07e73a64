//! A source asked once, as a first poll would, storing nothing.

use crate::daemon::clock;
use crate::fetch::{Allowed, FetchError, Fetched, Fetcher, Reply, Request};
use crate::post::Post;
use crate::source::feed::Feed;
use crate::source::forum::Forum;
use crate::source::forum::describe::Description;
use crate::source::{Cursor, Page, Refusal, Source, Verdict, Visit};
use std::collections::VecDeque;

/// Requests that a probe makes.
const MOST_REQUESTS: usize = 10;

/// What a probe brought.
#[derive(Debug, Default)]
pub(in crate::cli) struct Probed {
    pub(in crate::cli) posts: Vec<Post>,
    pub(in crate::cli) skipped: usize,
    /// How a forum was read: its first page, and the first of its topics.
    pub(in crate::cli) described: Vec<Description>,
    /// Whether nothing was asked, because the source waits for what is brought to it.
    pub(in crate::cli) waits: bool,
    /// What went wrong with a request that was not the first.
    pub(in crate::cli) trouble: Option<String>,
}

/// What went wrong with one request.
struct Amiss {
    what: String,
    /// Whether nothing will come of any other before somebody acted, whichever it was.
    is_all: bool,
}

impl From<String> for Amiss {
    fn from(what: String) -> Self {
        Self { what, is_all: false }
    }
}

/// A place that is asked by an API, with what it needs to let us in, and its own word on private
/// addresses.
pub(in crate::cli) struct ProbedSite {
    pub(in crate::cli) source: Box<dyn Source>,
    pub(in crate::cli) needs: &'static str,
    pub(in crate::cli) allow_private: Option<Allowed>,
}

/// A source that is asked once.
pub(in crate::cli) enum Probing {
    Feed(Feed),
    Forum(Box<Forum>),
    /// A place that is asked by an API.
    Site(Box<ProbedSite>),
}

impl Probing {
    fn source(&self) -> &dyn Source {
        match self {
            Self::Feed(feed) => feed,
            Self::Forum(forum) => forum.as_ref(),
            Self::Site(site) => site.source.as_ref(),
        }
    }

    /// Reads one saved reply, and follows nothing.
    pub(super) fn read(&self, reply: &Reply) -> Result<Probed, String> {
        let mut probed = Probed::default();
        let visit = beginning();
        let page = self.source().read(reply, &visit).map_err(|bad| bad.to_string())?;
        self.describe(&mut probed, reply, &visit);
        probed.posts = page.posts;
        probed.skipped = page.skipped;
        Ok(probed)
    }

    /// Asks for the first page, and for what follows it.
    pub(super) async fn visit(&self, fetcher: &Fetcher) -> Result<Probed, String> {
        let mut probed = Probed::default();
        if !self.source().is_polled() {
            return Ok(Probed { waits: true, ..probed });
        }
        let mut visit = beginning();
        let mut queue: VecDeque<Request> = self.source().probe(&visit).into();
        for nth in 0..MOST_REQUESTS {
            let Some(mut request) = queue.pop_front() else { break };
            if let Self::Site(site) = self {
                request.allow_private.clone_from(&site.allow_private);
            }
            match self.step(&request, &visit, fetcher, &mut probed).await {
                Ok(page) => {
                    // Several lists of a site may show the same post.
                    for post in page.posts {
                        let is_known =
                            |known: &Post| known.id == post.id && known.site == post.site;
                        if post.id.is_none() || !probed.posts.iter().any(is_known) {
                            probed.posts.push(post);
                        }
                    }
                    probed.skipped += page.skipped;
                    visit.cursor = page.cursor.unwrap_or(visit.cursor);
                    queue.extend(page.next);
                    if let Some(trouble) = page.trouble {
                        probed.trouble.get_or_insert(trouble);
                    }
                }
                Err(Amiss { what, is_all }) if is_all || nth == 0 => return Err(what),
                Err(Amiss { what, .. }) => {
                    probed.trouble.get_or_insert(what);
                }
            }
        }
        Ok(probed)
    }

    async fn step(
        &self,
        request: &Request,
        visit: &Visit,
        fetcher: &Fetcher,
        probed: &mut Probed,
    ) -> Result<Page, Amiss> {
        let reply = match fetcher.fetch(request, None).await {
            Err(FetchError::Status { location, status, retry_after, said }) => {
                let error =
                    FetchError::Status { location, status, retry_after, said: said.clone() };
                let refusal = Refusal { status, reply: said.as_deref() };
                return match self.source().refused(request, &refusal, visit) {
                    Verdict::AsItSays if matches!(status, 401 | 403) => {
                        Err(self.with_needs(error.to_string()).into())
                    }
                    Verdict::AsItSays => Err(error.to_string().into()),
                    Verdict::Instead(page) => Ok(*page),
                    Verdict::Skip => Ok(Page::default()),
                    Verdict::Wait(_, why) => Err(why.into()),
                    Verdict::Stop(why) => Err(Amiss { what: self.with_needs(why), is_all: true }),
                };
            }
            Err(error @ FetchError::SignIn { .. }) => {
                return Err(Amiss { what: self.with_needs(error.to_string()), is_all: true });
            }
            other => fresh(other)?,
        };
        self.describe(probed, &reply, visit);
        self.source().read(&reply, visit).map_err(|bad| bad.to_string().into())
    }

    /// Says what the source needs to be let in, where it needs anything.
    fn with_needs(&self, error: String) -> String {
        match self {
            Self::Site(site) if !site.needs.is_empty() => {
                format!("{error}; it needs {}", site.needs)
            }
            _ => error,
        }
    }

    fn describe(&self, probed: &mut Probed, reply: &Reply, visit: &Visit) {
        let has_seen_posts = probed.described.iter().any(|known| known.posts > 0);
        if let Self::Forum(forum) = self
            && !has_seen_posts
            && let Ok(described) = forum.describe(reply, visit)
            && (probed.described.is_empty() || described.posts > 0)
        {
            probed.described.push(described);
        }
    }
}

/// A poll of what was never polled before.
fn beginning() -> Visit {
    Visit { cursor: Cursor::default(), now: clock::now() }
}

pub(super) async fn fetch(request: &Request, fetcher: &Fetcher) -> Result<Reply, String> {
    fresh(fetcher.fetch(request, None).await)
}

fn fresh(fetched: Result<Fetched, FetchError>) -> Result<Reply, String> {
    match fetched.map_err(|error| error.to_string())? {
        Fetched::Fresh { reply, .. } => Ok(reply),
        Fetched::Unchanged { .. } => Err("the server said `unchanged` without being asked".into()),
    }
}
