//! The posts of a page, as a preset says where they stand.

use crate::post::{Author, Post};
use crate::source::forum::dates::date;
use crate::source::forum::page::{Ledger, Page};
use crate::source::forum::pages;
use crate::source::forum::preset::{Field, Numbers, Preset};
use crate::source::forum::text::{Item, line, plain, without};
use crate::text;
use ego_tree::NodeId;
use scraper::ElementRef;
use std::collections::{HashMap, HashSet};
use url::Url;

/// The most posts that one page gives.
pub(super) const MOST_POSTS: usize = 2_000;
/// A longer id is no id but a text that went astray.
const MOST_ID_CHARS: usize = 512;
const MOST_NAME_CHARS: usize = 200;
const MOST_TITLE_CHARS: usize = 1_000;
/// What stands in a heading beside the title itself.
const LABELS: [&str; 5] = ["label", "prefix", "badge", "tag", "button"];

/// A preset on its way over a page.
pub(super) struct Found<'a> {
    pub page: &'a Page<'a>,
    pub preset: &'a Preset,
    pub title: Option<&'a str>,
    /// Whether nobody knows the structure of the page: the text of a post is then all of it, where
    /// nothing better is found.
    pub is_guess: bool,
}

/// What the posts of one page have in common.
struct Topic {
    /// The address of the topic, without a fragment.
    url: Url,
    /// The host, with its port.
    host: String,
    /// The topic's own number or path.
    id: String,
}

impl Found<'_> {
    /// Returns the posts, and whether there were more than are taken.
    pub(super) fn posts(&self, ledger: &mut Ledger<'_>) -> (Vec<Post>, bool) {
        let containers = containers(self.page, ledger, Field::PostContainer, self.preset);
        let ids: HashSet<NodeId> = containers.iter().map(|element| element.id()).collect();
        let cut = containers.len() > MOST_POSTS;
        let heads = self.preset.selectors.get(Field::PostHead);
        let items: Vec<Item<'_>> = containers
            .into_iter()
            .take(MOST_POSTS)
            .map(|container| Item::headed(container, &ids, heads))
            .collect();
        let topic = self.topic();
        let reading = self.page.reading(&items, self.preset, Field::PostDate);
        let mut numbers: HashMap<NodeId, String> = HashMap::new();
        let mut posts: Vec<Post> = Vec::new();
        for item in &items {
            let mut post = self.post(item, &ids, &topic, ledger);
            post.published = date(&reading, item, Field::PostDate, ledger);
            let mut above = item.element.ancestors();
            post.parent =
                post.parent.or_else(|| above.find_map(|above| numbers.get(&above.id()).cloned()));
            if let Some(id) = &post.id {
                numbers.insert(item.element.id(), id.clone());
            }
            let is_nothing = post.text.is_empty() && post.id.is_none();
            let is_double = post.id.is_some()
                && posts
                    .iter()
                    .rev()
                    .any(|known| (&known.site, &known.id) == (&post.site, &post.id));
            if !is_nothing && (!is_double || self.is_guess) {
                posts.push(post);
            }
        }
        if self.is_guess {
            drop_shared_ids(&mut posts);
        }
        (posts, cut)
    }

    /// Returns what stands before the posts, and what they answer. Somewhere around it, but not
    /// around any of `posts`, there must be a date, as there is with what somebody wrote.
    pub(super) fn lead(&self, element: ElementRef<'_>, posts: &HashSet<NodeId>) -> Option<Post> {
        let any = &self.preset.selectors;
        let around = element.ancestors().filter_map(ElementRef::wrap).take(4);
        let alone = |above: &ElementRef<'_>| !above.descendants().any(|e| posts.contains(&e.id()));
        let dated = |item: &Item<'_>| {
            let mut dates = any.get(Field::PostDate).iter().flat_map(|step| item.find(step));
            dates.next().is_some()
        };
        let item = std::iter::once(element)
            .chain(around.take_while(alone))
            .map(|element| Item::of(element, &HashSet::new()))
            .find(dated)?;
        let mut ledger = Ledger::new(any);
        let items = [item];
        let reading = self.page.reading(&items, self.preset, Field::PostDate);
        let [item] = &items;
        let topic = self.topic();
        Some(Post {
            site: topic.host,
            url: Some(topic.url.into()),
            title: self.title.map(str::to_owned),
            text: plain(element, &item.all(any.get(Field::PostExclude))),
            author: self.author(item, &mut ledger),
            published: date(&reading, item, Field::PostDate, &mut ledger),
            language: self.page.language,
            ..Post::default()
        })
    }

    fn topic(&self) -> Topic {
        let mut url = pages::without_session(self.page.url.clone());
        url.set_fragment(None);
        let id = pages::topic_id(&url);
        Topic { url, host: self.page.host(), id }
    }

    fn post(
        &self,
        item: &Item<'_>,
        ids: &HashSet<NodeId>,
        topic: &Topic,
        ledger: &mut Ledger<'_>,
    ) -> Post {
        let found = ledger.detailed(item, Field::PostId, &[]);
        let is_topic = found.as_ref().is_some_and(|(number, ..)| *number == 0);
        let id = found.map(|(.., id)| text::cut(&id, MOST_ID_CHARS));
        let site = match self.preset.numbers {
            Numbers::Topic => format!("{}/{}", topic.host, topic.id),
            Numbers::First if is_topic => format!("{}/topic", topic.host),
            Numbers::Site | Numbers::First => topic.host.clone(),
        };
        let url = self.permalink(item, topic, id.as_deref(), ledger);
        let has_own_url = id.as_deref().is_some_and(|id| pages::names(&url, &topic.url, id));
        let own_title = ledger.value(item, Field::PostTitle, &["content"]).map(|(_, title)| title);
        let title = own_title.or_else(|| self.title.map(str::to_owned));
        let parent = ledger.value(item, Field::PostParent, &[]).map(|(_, parent)| parent);
        let parent = parent
            .filter(|parent| Some(parent) != id.as_ref() && !parent.trim_matches('0').is_empty());
        Post {
            site,
            url: Some(url.into()),
            has_own_url,
            title: title.map(|title| text::cut(&title, MOST_TITLE_CHARS)),
            has_own_title: false,
            text: self.body(item, ids, ledger),
            author: self.author(item, ledger),
            published: None,
            language: self.page.language,
            parent,
            id,
            ..Post::default()
        }
    }

    /// Returns the address of a post: its link, else the topic's with the fragment that leads to it.
    fn permalink(
        &self,
        item: &Item<'_>,
        topic: &Topic,
        id: Option<&str>,
        ledger: &mut Ledger<'_>,
    ) -> Url {
        let names = |url: &Url| id.is_some_and(|id| pages::names(url, &topic.url, id));
        let mut first = None;
        for (number, step) in self.preset.selectors.get(Field::PostPermalink).iter().enumerate() {
            for element in item.find(step) {
                let value = step.value(&element, &["href", "content"], line);
                let Some(url) = value.and_then(|value| self.page.address(&value)) else { continue };
                if url.host() != self.page.url.host() {
                    continue;
                }
                if names(&url) {
                    ledger.note(Field::PostPermalink, number, 1);
                    return url;
                }
                first.get_or_insert((number, url));
            }
        }
        let mut url = topic.url.clone();
        // The item's own name, or that of an anchor at its beginning.
        url.set_fragment(id.and_then(|id| item.names().find(|name| pages::has_number(name, id))));
        match first {
            // Without a number nobody can tell whether a link is the post's; it is the best there is.
            Some((number, first)) if id.is_none() => {
                ledger.note(Field::PostPermalink, number, 1);
                first
            }
            _ => url,
        }
    }

    fn body(&self, item: &Item<'_>, ids: &HashSet<NodeId>, ledger: &mut Ledger<'_>) -> String {
        let left_out = item.all(self.preset.selectors.get(Field::PostExclude));
        // Answers stand in the post that they answer, on some pages.
        let is_other = |id| id != item.element.id() && ids.contains(&id);
        let text = |body| without(body, |id| left_out.contains(&id) || is_other(id));
        let steps = self.preset.selectors.get(Field::PostBody);
        for (number, step) in steps.iter().enumerate() {
            let mut bodies = item.find(step).filter(|element| !left_out.contains(&element.id()));
            if let Some(body) = bodies.next() {
                let found = if step.is_attribute() {
                    step.value(&body, &[], line).unwrap_or_default()
                } else {
                    text(body)
                };
                ledger.note(Field::PostBody, number, usize::from(!found.is_empty()));
                return found;
            }
        }
        if steps.is_empty() || self.is_guess { text(item.element) } else { String::new() }
    }

    fn author(&self, item: &Item<'_>, ledger: &mut Ledger<'_>) -> Author {
        let Some((element, name)) = ledger.value(item, Field::PostAuthor, &["content"]) else {
            return Author::default();
        };
        let own = element.attr("href").and_then(|href| self.page.address(href));
        let url = own.or_else(|| {
            let (_, href) = ledger.value(item, Field::PostAuthorUrl, &["href", "content"])?;
            self.page.address(&href)
        });
        author(&name, url)
    }
}

/// Drops a number that several posts bear: it is none of a post.
fn drop_shared_ids(posts: &mut [Post]) {
    let mut bearers: HashMap<String, usize> = HashMap::new();
    for id in posts.iter().filter_map(|post| post.id.clone()) {
        *bearers.entry(id).or_default() += 1;
    }
    for post in posts {
        if post.id.as_ref().is_some_and(|id| bearers.get(id) != Some(&1)) {
            post.id = None;
            post.has_own_url = false;
        }
    }
}

/// Returns an author whose name stood on a page.
pub(super) fn author(name: &str, url: Option<Url>) -> Author {
    let name = text::cut(&text::html::clean(name), MOST_NAME_CHARS);
    if name.is_empty() {
        return Author::default();
    }
    let handle = name.strip_prefix('@').filter(|rest| !rest.is_empty() && !rest.contains(' '));
    let handle = handle.map(str::to_owned);
    Author { name: Some(name), handle, url: url.map(String::from), followers: None }
}

/// Returns the elements that the first selector finds which finds any.
pub(super) fn containers<'a>(
    page: &Page<'a>,
    ledger: &mut Ledger<'_>,
    field: Field,
    preset: &Preset,
) -> Vec<ElementRef<'a>> {
    for (number, step) in preset.selectors.get(field).iter().enumerate() {
        let found: Vec<_> = page.whole.find(step).collect();
        if !found.is_empty() {
            ledger.note(field, number, found.len());
            return found;
        }
    }
    Vec::new()
}

/// Returns the text of a heading without the labels beside it.
pub(super) fn heading(element: ElementRef<'_>) -> String {
    let is_label = |e: &ElementRef<'_>| {
        let class = e.attr("class").unwrap_or_default();
        class.split_whitespace().any(|class| LABELS.iter().any(|label| class.starts_with(label)))
    };
    let labels = element.descendants().skip(1).filter_map(ElementRef::wrap).filter(is_label);
    let labels: HashSet<NodeId> = labels.map(|label| label.id()).collect();
    let title = text::cut(&plain(element, &labels), MOST_TITLE_CHARS);
    if title.is_empty() { line(&element) } else { title }
}
