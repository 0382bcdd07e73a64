"""The trial of feeds: a WordPress that is read through six feeds at once."""

import pathlib
import time

from ground import now, say, status_of, steps, time_of, until
from wordpress import WordPress

# Feeds of one site that overlap: a post is in up to four of them, a comment in two.
FEEDS = {
    "posts": "/?feed=rss2",
    "posts-atom": "/?feed=atom",
    "posts-rdf": "/?feed=rdf",
    "search": "/?s=Vahtibrand&feed=rss2",
    "comments": "/?feed=comments-rss2",
    "comments-atom": "/?feed=comments-atom",
}
POSTS = {"posts", "posts-atom", "posts-rdf", "search"}

# author, title, text, whether it names the brand
SEED_POSTS = [
    ("liisa", "Kokemuksia verkkokaupasta", "Tilasin kengät viikko sitten. Vahtibrand on surkea: paketti ei tullut ja "
     "rahoja ei palauteta.", True),
    ("mehmet", "Kargo gelmedi", "Vahtibrand beni çok üzdü. Ürün bozuk geldi, kimse telefona bakmıyor, rezalet.", True),
    ("anna", "A good week", "The staff of Vahtibrand's shop were \"friendly\" & quick – I am happy with the boots.", True),
    ("anna", "Vahtibrand opens a shop", "The new shop is at the market square, and it has a café.", True),
    ("liisa", "Puutarhan syystyöt", "Haravoin lehdet ja istutin tulppaanit ennen pakkasia.", False),
    ("mehmet", "Ekmek tarifi", "Un, su, tuz ve sabır. Fırında kırk dakika.", False),
]
# name, index of the post above, text, whether it names the brand
SEED_COMMENTS = [
    ("Veikko", 4, "Minulla sama: Vahtibrand ei vastaa viesteihin, olen pettynyt.", True),
    ("Zeynep", 5, "Bence Vahtibrand çok iyi, hızlı gönderdiler, teşekkürler.", True),
    ("Peter", 4, "Tulips do well here too.", False),
    ("Peter", 5, "I baked it twice. Vahtibrand sells the tins for it.", True),
]


class FeedTrial:
    """What is on the site, and what vahti should have found of it."""

    def __init__(self, board, site, vahti):
        self.board, self.site, self.vahti = board, site, vahti
        self.posts, self.expected = [], {}
        # What each feed gave when it last gave something, and how many mails there were then.
        self.last, self.told = {}, 0

    def write(self, author, title, text, names):
        """Publishes a post and notes what should come of it."""
        post = self.site.write(author, title, text)
        self.posts.append(post)
        if names:
            self.expected[f"{self.site.address}/?p={post}"] = (author, now())
        return post

    def comment(self, name, post, text, names):
        """Writes a comment and notes what should come of it."""
        comment = self.site.comment(name, post, text)
        if names:
            self.expected[f"{self.site.address}/?p={post}#comment-{comment}"] = (name, now())

    def configure(self, schedule):
        """Writes the configuration: all the feeds, on this schedule."""
        self.vahti.configure("".join(
            f'[[source]]\nname = "{name}"\nfeed.url = "{self.site.address}{path}"\nschedule = "{schedule}"\n'
            for name, path in FEEDS.items()
        ))

    def found(self, sentence):
        """Checks that the mentions are those expected, each once."""
        addresses = [mention["url"] for mention in self.vahti.mentions()]
        self.board.same(sentence, set(addresses), set(self.expected))
        self.board.same(f"{sentence}, each once", len(addresses), len(self.expected))

    def run(self, sentence, mentions):
        """Polls once and checks the number of new mentions and that nothing failed; returns the summary."""
        self.site.gate.seen.clear()
        summary = self.vahti.once()
        self.board.same(f"{sentence}: no source fails", summary["failed"], [])
        self.board.same(f"{sentence}: {mentions} new", summary["mentions"], mentions)
        return summary

    def asked(self):
        """Returns the last request for each feed since the last run began."""
        return {name: [seen for seen in self.site.gate.seen if seen.target == path] for name, path in FEEDS.items()}

    def each_was_asked(self):
        """Returns whether every feed was asked twice."""
        return all(len(requests) > 1 for requests in self.asked().values())

    # ------------------------------------------------------------------ what must be so

    def everything_is_found_once(self):
        """The first run."""
        for seed in SEED_POSTS:
            self.write(*seed)
        for name, index, text, names in SEED_COMMENTS:
            self.comment(name, self.posts[index], text, names)
        self.configure("1h")
        status, output, error = self.vahti.ran("check")
        self.board.same("check accepts the configuration", status, 0)
        self.board.holds("and warns of nothing", "warn" not in (output + error).lower(), output, error)
        summary = self.run("the first run", len(self.expected))
        self.board.same("it asks every feed", summary["polled"], len(FEEDS))
        self.found("posts and comments that name the brand are found")
        for mention in self.vahti.mentions():
            author, written = self.expected.get(mention["url"], (None, now()))
            what = mention["url"].removeprefix(self.site.address)
            self.board.same(f"{what} has its author", (mention["author"] or {}).get("name"), author)
            apart = abs((time_of(mention["published"]) - written).total_seconds()) if mention["published"] else None
            self.board.holds(f"{what} has its time", apart is not None and apart <= 60, mention["published"], written)
            self.board.same(f"{what} can be visited", status_of(mention["url"]), 200)
            # Themes are not installed, so the page itself is blank; the text is what the feed said.
            text = f"{mention['title']} {mention['text']}"
            self.board.holds(f"{what} has a text without markup", "Vahtibrand" in text and "<" not in text and "&#" not in text, text)
        self.board.holds("the negative ones are tickets", len(self.vahti.tickets()) >= 3, self.vahti.tickets())
        self.board.same("one mail tells of all", len(self.vahti.mails()), 1)
        self.remember()

    def nothing_new_is_304(self, sentence):
        """A run after which nothing happened. Every feed must be asked with what it gave, byte for byte."""
        before = {name: seen[-1] for name, seen in self.last.items()}
        summary = self.run(sentence, 0)
        self.board.same(f"{sentence}: every source is unchanged", summary["unchanged"], len(FEEDS))
        for name, requests in self.asked().items():
            self.board.same(f"{sentence}: {name} is asked once", len(requests), 1)
            for seen in requests:
                self.board.same(f"{sentence}: {name} answers 304 without a body", (seen.status, seen.size), (304, 0))
                self.board.same(f"{sentence}: {name} gets its ETag back", seen.if_none_match, before[name].etag)
                self.board.same(f"{sentence}: {name} gets its Last-Modified back", seen.if_modified_since, before[name].last_modified)
        self.board.holds(f"{sentence}: no mail", len(self.vahti.mails()) == self.told, self.told)

    def remember(self):
        """Keeps what the feeds gave last, and how many mails there are."""
        self.last = {name: [seen for seen in requests if seen.status == 200] or self.last[name] for name, requests in self.asked().items()}
        self.told = len(self.vahti.mails())

    def a_new_post_is_the_only_new_one(self):
        """A post and then a comment between two runs."""
        self.site.next_second()
        self.write("liisa", "Lisää kokemuksia", "Nyt riittää. Vahtibrand huijaa, en osta enää koskaan.", True)
        summary = self.run("a post in between", 1)
        by_name = {source["source"]: source for source in summary["by_source"]}
        asked = self.asked()
        for name in FEEDS:
            unchanged = asked[name][-1].status == 304
            self.board.same(f"{name} is called unchanged exactly when the server said so", by_name[name]["unchanged"], unchanged)
        self.board.holds("the feeds of posts are sent again", all(asked[name][-1].status == 200 for name in POSTS), asked)
        self.found("after a post")
        self.remember()
        self.nothing_new_is_304("after the post")
        self.site.next_second()
        self.comment("Aino", self.posts[4], "Myös minä odotan yhä, Vahtibrand on hidas.", True)
        self.run("a comment in between", 1)
        self.found("after a comment")
        self.remember()

    def an_edit_is_not_told_twice(self):
        """Posts are edited: one that named the brand already, and one that did not."""
        self.site.next_second()
        tickets, mails = len(self.vahti.tickets()), len(self.vahti.mails())
        self.site.edit("liisa", self.posts[0], SEED_POSTS[0][2] + " Lisäys: Vahtibrand soitti, ja odotan yhä.")
        self.run("an edited post", 0)
        self.board.holds("the edit reached vahti", self.asked()["posts"][-1].status == 200, self.asked())
        self.board.same("no second ticket, no mail", (len(self.vahti.tickets()), len(self.vahti.mails())), (tickets, mails))
        self.found("after an edit")
        self.site.next_second()
        self.site.edit("liisa", self.posts[4], SEED_POSTS[4][2] + " Haravan myi Vahtibrand.")
        self.expected[f"{self.site.address}/?p={self.posts[4]}"] = ("liisa", now())
        self.run("an edit that names the brand for the first time", 1)
        self.found("after that edit")
        self.remember()

    def restarts_change_nothing(self):
        """The site is restarted, then it is away, then it is back."""
        self.site.restart()
        self.nothing_new_is_304("after a restart of the site")
        self.site.gate.close()
        summary = self.vahti.once()
        self.board.same("a site that refuses: every source is named", {failed["source"] for failed in summary["failed"]}, set(FEEDS))
        source = self.vahti.source("posts")
        self.board.same("status calls it failing", (source["state"], source["failures"]), ("failing", 1))
        self.board.holds("and says why", source["last_error"], source)
        self.site.gate.open()
        self.nothing_new_is_304("back again")
        self.board.same("status calls it well", self.vahti.source("posts")["state"], "ok")

    def the_daemon_finds_it_within_seconds(self):
        """As a daemon: a post becomes mention, ticket and mail while it runs, and nothing is told again after a restart."""
        self.configure("2s")
        self.site.gate.seen.clear()
        daemon = self.vahti.daemon()
        until(self.each_was_asked, "the daemon polls")
        self.board.holds("the daemon begins with the validators kept", all(
            seen[0].status == 304 for seen in self.asked().values()), self.asked())
        self.site.next_second()
        tickets = len(self.vahti.tickets())
        self.write("mehmet", "Şikayet", "Vahtibrand paramı iade etmiyor, berbat bir hizmet, çok kızgınım.", True)
        _, took = until(lambda: len(self.vahti.mentions()) == len(self.expected), "the daemon finds a post")
        self.board.holds(f"a post becomes a mention within seconds ({took:.1f})", took < 20)
        _, took = until(lambda: len(self.vahti.mails()) > self.told, "the daemon sends a mail")
        # A feed that it has not asked since would bring the post, and then new validators, after the restart.
        self.site.gate.seen.clear()
        until(self.each_was_asked, "all feeds are asked again")
        self.board.same("and a ticket", len(self.vahti.tickets()), tickets + 1)
        self.board.same("the daemon ends by itself", daemon.stop(), 0)
        self.told, found = len(self.vahti.mails()), len(self.expected)
        self.site.gate.seen.clear()
        daemon = self.vahti.daemon()
        until(self.each_was_asked, "the daemon polls again")
        self.board.holds("after a restart it still has the validators", all(
            seen[0].status == 304 for seen in self.asked().values()), self.asked())
        self.board.same("and finds nothing", (len(self.vahti.mentions()), len(self.vahti.mails())), (found, self.told))
        self.board.same("it ends by itself again", daemon.stop(), 0)
        self.found("in the end")


def run(board, vahti, package, folder):
    """Tries vahti against a WordPress."""
    begun = time.monotonic()
    say("WordPress: starting")
    site = WordPress(pathlib.Path(package), folder / "wordpress")
    site.install(["liisa", "mehmet", "anna"])
    print(f"      started in {time.monotonic() - begun:.0f} s: {site.address}", flush=True)
    trial = FeedTrial(board, site, vahti)
    steps(board, "WordPress", [
        ("everything once", trial.everything_is_found_once),
        ("nothing new", lambda: trial.nothing_new_is_304("the second run")),
        ("something new", trial.a_new_post_is_the_only_new_one),
        ("an edit", trial.an_edit_is_not_told_twice),
        ("restarts", trial.restarts_change_nothing),
        ("the daemon", trial.the_daemon_finds_it_within_seconds),
    ])
    print(f"      {time.monotonic() - begun:.0f} s", flush=True)
