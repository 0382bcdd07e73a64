"""The trial of forums: a FlaskBB, which has no feed, no validators and no 404 for a topic that is gone."""

import pathlib
import re
import time

from flaskbb import FlaskBB
from ground import now, say, status_of, steps, time_of, until

# FlaskBB shows ten topics and ten posts a page.
PAGE = 10

# Titles do not name the brand unless said, so that only posts that name it are mentions.
# title, [(author, text, whether it names the brand)]
SEED = [
    ("Vanha aihe: kengistä", [
        ("liisa", "Tilasin kengät verkosta. Vahtibrand ei toimittanut mitään, todella huono palvelu.", True),
    ]),
    ("Eski konu", [
        ("mehmet", "Geçen hafta ayakkabı aldım, memnun kaldım.", False),
        ("anna", "Mine came from Vahtibrand, and the heel broke after a day. Terrible.", True),
    ]),
    ("Sateenvarjot & tuuli <kokemuksia>", [
        ("liisa", "Mikä sateenvarjo kestää tuulessa?", False),
        ("anna", "The blue one.\n\nI bought it from Vahtibrand, @liisa, and I am very happy with it.", True),
    ]),
    ("İstanbul'da kargo", [
        ("mehmet", "Kargo üç gündür gelmedi. Vahtibrand telefona bakmıyor, rezalet.", True),
        ("liisa", "Tsemppiä.", False),
    ]),
    ("Bicycles", [("anna", "Which bell is the loudest?", False)]),
    ("Polkupyörät", [
        ("liisa", "Ketju irtoaa joka mäessä.", False),
        ("anna", "Try 3 < 4 & \"5\" <b>links</b> \u2013 Vahtibrand \U0001f6b2 has them.", True),
    ]),
    ("Bisiklet", [("mehmet", "Zincir yağı önerisi olan var mı?", False)]),
    ("Coffee", [("anna", "Dark or light?", False)]),
    ("Kahvi", [("liisa", "Tumma paahto, kiitos.", False)]),
    ("Vahtibrand avaa kaupan", [("liisa", "Uusi kauppa on torin laidalla, ja siinä on kahvila.", True)]),
]
LONG = "Pitkä aihe"


class ForumTrial:
    """What is in the forum, and what vahti should have found of it."""

    def __init__(self, board, forum, people, vahti):
        self.board, self.forum, self.people, self.vahti = board, forum, people, vahti
        self.expected = {}
        self.long = []
        self.first = 0

    def keep(self, post, names):
        """Notes what should come of a post, and returns it."""
        if names:
            self.expected[post.number] = post
        return post

    def seed(self):
        """Opens the topics, the oldest first: the first two end up on the second page of the board."""
        for title, posts in SEED:
            first = None
            for author, text, names in posts:
                person = self.people[author]
                post = self.keep(person.reply(first, text) if first else person.topic(title, text), names)
                first = first or post
        self.long = [self.people["anna"].topic(LONG, "Let us count.")]
        for number in range(2, 24):
            author = ("liisa", "mehmet", "anna")[number % 3]
            names = number in (5, 10, 11, 17, 23)
            text = f"Viesti {number}. Vahtibrand tuli taas mieleen." if names else f"Viesti {number}."
            self.long.append(self.keep(self.people[author].reply(self.long[0], text), names))

    def configure(self, schedule="1h", **others):
        """Writes the configuration: the board, and further addresses of the forum by name."""
        addresses = {"forum": self.forum.board, **others}
        self.vahti.configure("".join(
            f'[[source]]\nname = "{name}"\nforum.url = "{address}"\nschedule = "{schedule}"\n'
            for name, address in addresses.items()
        ))

    def number_of(self, address):
        """Returns the number of the post that an address names, or the address."""
        named = re.search(r"(?:/post/|#pid)(\d+)$", address or "")
        return int(named[1]) if named else address

    def found(self, sentence):
        """Checks that the mentions are those expected, each once."""
        numbers = [self.number_of(mention["url"]) for mention in self.vahti.mentions()]
        self.board.same(f"{sentence}: the posts that name the brand", set(map(str, numbers)), set(map(str, self.expected)))
        self.board.same(f"{sentence}: each once", len(numbers), len(set(numbers)))

    def run(self, sentence, mentions, failing=()):
        """Polls once and checks the number of new mentions and what failed; returns the targets asked."""
        begun = len(self.forum.asked())
        summary = self.vahti.once()
        self.board.same(f"{sentence}: {mentions} new", summary["mentions"], mentions)
        failed = {failed["source"]: failed["error"] for failed in summary["failed"]}
        self.board.holds(f"{sentence}: {'fails: ' + ', '.join(failing) if failing else 'no source fails'}", set(failed) == set(failing), failed)
        asked = self.forum.asked()[begun:]
        print(f"      {len(asked)} requests: {' '.join(target for _, target in asked)[:300]}", flush=True)
        return asked

    def settled(self):
        """Returns the numbers of mentions, tickets and mails."""
        return len(self.vahti.mentions()), len(self.vahti.tickets()), len(self.vahti.mails())

    # ------------------------------------------------------------------ what must be so

    def it_is_probed(self):
        """Before anything is stored: what would be read."""
        self.configure()
        status, output, error = self.vahti.ran("check")
        self.board.holds("check accepts the configuration", status == 0, output, error)
        status, output, error = self.vahti.ran("check", "--probe")
        self.board.holds("check --probe finds the forum readable", status == 0 and "forum" in output + error, output, error)
        self.board.holds("and warns of nothing", "warn" not in (output + error).lower(), output, error)
        for what, address in (("the board", self.forum.board), ("a topic", self.long[0].page)):
            lines = self.vahti.lines("probe", "forum", address)
            self.board.holds(f"probe of {what} brings posts", len(lines) >= PAGE, lines)
            keys = {"id", "url", "title", "text", "author", "published", "language", "parent"}
            self.board.holds(f"probe of {what} writes what is promised", all(keys <= set(line) for line in lines), lines[:1])
        self.board.same("probe of a topic brings the posts of its first page in their order",
                        [self.number_of(line["url"]) for line in lines][:PAGE], [post.number for post in self.long[:PAGE]])
        self.board.holds("nothing is stored by asking", not (self.vahti.folder / "state").exists() or not self.vahti.mentions())

    def selectors_can_be_given(self):
        """Selectors of our own stand in the place of those known; one that finds nothing is told."""
        place = f'[[source]]\nname = "own"\nforum.url = "{self.long[0].page}"\n'
        self.vahti.configure(place + 'forum.selectors.post.body = ".post-content > p"\n')
        lines = self.vahti.lines("probe", "own")
        self.board.same("a selector of our own is used", [line["text"] for line in lines][:PAGE], [post.text for post in self.long[:PAGE]])
        self.vahti.configure(place + 'forum.selectors.post.body = ".nothing-of-the-kind"\n')
        _, output, error = self.vahti.ran("check", "--probe")
        self.board.holds("check --probe names a selector that finds nothing", "post.body" in output + error, output, error)
        self.configure()

    def everything_is_found_once(self):
        """The first run."""
        asked = self.run("the first run", len(self.expected))
        self.board.same("robots.txt is asked before any page", asked[0][1] if asked else None, "/robots.txt")
        self.board.holds("the second page of the board is asked", any(target.startswith("/forum/1") and "page=2" in target for _, target in asked), asked)
        self.board.holds("the third page of a topic is asked", any(target.startswith("/topic/") and "page=3" in target for _, target in asked), asked)
        self.found("the first run")
        for mention in self.vahti.mentions():
            number = self.number_of(mention["url"])
            if number in self.expected:
                self.facts_hold(mention, self.expected[number])
        # The forum says of each page that it is in English.
        languages = {self.number_of(mention["url"]): mention["language"] for mention in self.vahti.mentions()}
        told = {post.number: {"liisa": "fi", "mehmet": "tr", "anna": "en"}[post.author] for post in self.expected.values() if post.title != LONG}
        self.board.same("the language is that of the post, not that of the page", {number: languages.get(number) for number in told}, told)
        self.board.holds("the negative ones are tickets", len(self.vahti.tickets()) >= 3, self.vahti.tickets())
        because = [word for mention in self.vahti.mentions() for word in mention["why"] if "FlaskBB" in word]
        self.board.same("the name of the forum is no reason for anything", because, [])
        self.board.same("one mail tells of all", len(self.vahti.mails()), 1)
        self.first = len(asked)

    def facts_hold(self, mention, post):
        """Checks what a mention says of a post."""
        what = f"post {post.number}"
        self.board.same(f"{what} is of kind forum", mention["kind"], "forum")
        self.board.same(f"{what} has its author", (mention["author"] or {}).get("name"), post.author)
        apart = abs((time_of(mention["published"]) - post.written).total_seconds()) if mention["published"] else None
        self.board.holds(f"{what} has its time", apart is not None and apart <= 60, mention["published"], post.written)
        self.board.same(f"{what} has its text", " ".join((mention["text"] or "").split()), " ".join(post.text.split()))
        self.board.same(f"{what} has its topic's title", mention["title"], post.title)
        self.board.same(f"{what} can be visited", status_of(mention["url"]), 200)

    def nothing_new_is_nothing(self, sentence):
        """A run after which nothing happened."""
        before = self.settled()
        asked = self.run(sentence, 0)
        self.board.same(f"{sentence}: mentions, tickets and mails are as they were", self.settled(), before)
        return asked

    def the_second_run_asks_less(self):
        """The second run."""
        asked = self.nothing_new_is_nothing("the second run")
        self.board.holds("it asks fewer pages than the first did", len(asked) < self.first, len(asked), self.first)

    def a_reply_is_the_only_new_one(self):
        """Replies between runs: on the last page of a long topic, in a topic of the board's second page, and a new topic."""
        self.long.append(self.keep(self.people["liisa"].reply(self.long[0], "Nyt riittää, Vahtibrand huijaa asiakkaitaan."), True))
        asked = self.run("a reply in a long topic", 1)
        self.board.holds("only topics that changed are asked again", not any("kahvi" in target for _, target in asked), asked)
        self.found("after a reply")
        self.facts_hold(next(mention for mention in self.vahti.mentions() if self.number_of(mention["url"]) == self.long[-1].number), self.long[-1])
        self.nothing_new_is_nothing("after the reply")
        old = min(self.expected.values(), key=lambda post: post.number)
        self.keep(self.people["mehmet"].reply(old, "Bana da oldu, Vahtibrand param nerede?"), True)
        fresh = self.people["anna"].topic("Spare parts", "Where can I get laces?")
        self.keep(self.people["mehmet"].reply(fresh, "Vahtibrand sells them, quick and friendly."), True)
        self.run("a reply in an old topic and a new topic", 2)
        self.found("after a new topic")

    def a_quote_is_not_a_mention(self):
        """Somebody quotes a mention, once without and once with words on the brand."""
        quoted = self.long[22]
        silent = self.people["anna"].quote(quoted, "I see it otherwise.")
        self.run("a quote of a mention", 0)
        self.found("after a quote")
        loud = self.keep(self.people["mehmet"].quote(quoted, "Bence Vahtibrand iyi bir mağaza."), True)
        self.long += [silent, loud]
        self.run("a quote with words on the brand", 1)
        self.found("after that quote")
        mention = next(mention for mention in self.vahti.mentions() if self.number_of(mention["url"]) == loud.number)
        self.facts_hold(mention, loud)
        lines = {self.number_of(line["url"]): line for line in self.vahti.lines("probe", "forum", loud.page.partition("#")[0])}
        for post in (silent, loud):
            line = lines.get(post.number)
            self.board.holds(f"probe of the last page brings post {post.number}", line, sorted(map(str, lines)))
            if line:
                self.board.same("its text is without the quote", " ".join(line["text"].split()), post.text)
                self.board.holds("and it says which post it answers", line["parent"] and re.search(rf"(?<!\d){quoted.number}$", str(line["parent"])), line["parent"])
                self.board.holds("and has the site's own number", re.search(rf"(?<!\d){post.number}$", str(line["id"])), line["id"])

    def an_edit_is_not_told_twice(self):
        """A mention is edited; then its topic goes on, so that its page is read again."""
        before = self.settled()
        edited = self.long[-1]
        self.people["mehmet"].edit(edited, "Bence Vahtibrand iyi bir mağaza. Düzeltme: fiyatlar da uygun, Vahtibrand indirim yaptı.")
        self.run("an edit", 0)
        self.long.append(self.people["anna"].reply(self.long[0], "Back to counting."))
        asked = self.run("an edit, and its page is read again", 0)
        self.board.holds("it was read again", any(f"/topic/{edited.topic}" in target for _, target in asked), asked)
        self.board.same("mentions, tickets and mails are as they were", self.settled(), before)

    def what_is_gone_is_survived(self):
        """Posts are deleted, so that the page where vahti stopped answers 404; then whole topics are."""
        admin = self.people["admin"]
        # FlaskBB on SQLite gives the number of a deleted post to the next one, unless a later post exists.
        later = self.people["liisa"].topic("Villasukat", "Kuka neuloo?")
        self.run("a topic that names no brand", 0)
        while len(self.long) > 2 * PAGE - 1:
            admin.delete(self.long.pop())
        last = f"{self.long[0].page}?page=3"
        self.board.same("the page where vahti stopped is gone", status_of(last), 404)
        self.nothing_new_is_nothing("after a page went")
        self.long.append(self.keep(self.people["liisa"].reply(self.long[0], "Laskuri palasi, ja Vahtibrand on yhä surkea."), True))
        self.run("a reply on the page before", 1)
        self.found("after that reply")
        doomed = self.keep(self.people["liisa"].topic("Tuomittu aihe", "Täällä Vahtibrand mainitaan viimeisen kerran."), True)
        self.people["mehmet"].reply(later, "Ben örüyorum.")
        addresses = {"topic": self.long[0].page, "doomed": doomed.page}
        self.configure(**addresses)
        self.run("topics as sources of their own: known posts are not told again", 1)
        self.found("after more sources")
        self.nothing_new_is_nothing("with more sources")
        admin.delete_topic(doomed)
        # FlaskBB 3.0.0rc5 says 200 to a topic that does not exist, and shows no posts.
        self.board.holds("the topic is gone", status_of(doomed.page) in (200, 404))
        self.run("a topic is gone", 0, failing=["doomed"])
        source = self.vahti.source("doomed")
        self.board.holds("status says that it fails, and why", source["state"] == "failing" and source["last_error"], source)
        self.board.same("the board is well", self.vahti.source("forum")["state"], "ok")
        self.configure()
        self.found("after a topic went")

    def away_and_back(self):
        """The forum refuses connections, and comes back."""
        self.forum.stop()
        before = self.settled()
        self.run("a forum that refuses", 0, failing=["forum"])
        source = self.vahti.source("forum")
        self.board.same("status calls it failing", (source["state"], source["failures"]), ("failing", 1))
        self.board.holds("and says why", source["last_error"], source)
        self.board.same("nothing else happened", self.settled(), before)
        self.forum.start()
        self.nothing_new_is_nothing("back again")
        source = self.vahti.source("forum")
        self.board.same("status calls it well", (source["state"], source["failures"]), ("ok", 0))
        self.long.append(self.keep(self.people["anna"].reply(self.long[0], "Still there? Vahtibrand is."), True))
        self.run("a reply after the restart", 1)
        self.found("after the restart")

    def the_daemon_finds_it_within_seconds(self):
        """As a daemon: a reply becomes mention, ticket and mail while it runs; the forum goes and returns; so does vahti."""
        self.configure("2s")
        begun, asked = now(), len(self.forum.asked())
        daemon = self.vahti.daemon()
        until(lambda: (self.vahti.source("forum")["last_success"] or "") > begun.isoformat(), "the daemon polls")
        before = self.settled()
        self.long.append(self.keep(self.people["mehmet"].reply(
            self.long[0], "Vahtibrand paramı iade etmiyor, berbat bir hizmet, çok kızgınım."), True))
        _, took = until(lambda: len(self.vahti.mentions()) > before[0], "the daemon finds a reply")
        self.board.holds(f"a reply becomes a mention within seconds ({took:.1f})", took < 20)
        until(lambda: len(self.vahti.mails()) > before[2], "the daemon sends a mail")
        self.board.same("a ticket and one mail", self.settled(), (before[0] + 1, before[1] + 1, before[2] + 1))
        targets = [target for _, target in self.forum.asked()[asked:]]
        self.board.holds("robots.txt is asked once for many polls", targets.count("/robots.txt") == 1 < targets.count("/forum/1-welcome"), targets)
        self.forum.stop()
        until(lambda: self.vahti.source("forum")["state"] == "failing", "status says that the forum is away")
        self.forum.start()
        self.long.append(self.keep(self.people["liisa"].reply(self.long[0], "Palasin, Vahtibrand on hyvä."), True))
        _, took = until(lambda: len(self.vahti.mentions()) == len(self.expected), "the daemon finds a reply after the forum was away")
        self.board.holds(f"the forum away and back: found after {took:.1f} s", took < 60)
        self.found("while the daemon runs")
        self.board.same("the daemon ends by itself", daemon.stop(), 0)
        self.long.append(self.keep(self.people["anna"].reply(self.long[0], "While you slept: Vahtibrand opened."), True))
        begun = now()
        daemon = self.vahti.daemon()
        until(lambda: len(self.vahti.mentions()) == len(self.expected), "the daemon finds what came while it was away")
        after = self.settled()
        begun = now()
        time.sleep(10)
        self.board.holds("it polls on", (self.vahti.source("forum")["last_success"] or "") > begun.isoformat(), self.vahti.source("forum"))
        self.board.same("and finds nothing twice", self.settled()[:2], after[:2])
        self.board.same("it ends by itself again", daemon.stop(), 0)
        self.found("in the end")


def run(board, vahti, venv, folder):
    """Tries vahti against a FlaskBB."""
    begun = time.monotonic()
    say("FlaskBB: starting")
    forum = FlaskBB(pathlib.Path(venv), folder / "flaskbb")
    people = forum.install(["liisa", "mehmet", "anna", "admin"])
    print(f"      started in {time.monotonic() - begun:.0f} s: {forum.board}", flush=True)
    trial = ForumTrial(board, forum, people, vahti)
    trial.seed()
    print(f"      seeded after {time.monotonic() - begun:.0f} s", flush=True)
    board.holds("the forum has a second page, and its long topic a third", status_of(f"{forum.board}?page=2") == 200
                and status_of(f"{trial.long[0].page}?page=3") == 200)
    steps(board, "FlaskBB", [
        ("what would be read", trial.it_is_probed),
        ("own selectors", trial.selectors_can_be_given),
        ("everything once", trial.everything_is_found_once),
        ("nothing new", trial.the_second_run_asks_less),
        ("something new", trial.a_reply_is_the_only_new_one),
        ("quotes", trial.a_quote_is_not_a_mention),
        ("an edit", trial.an_edit_is_not_told_twice),
        ("deletions", trial.what_is_gone_is_survived),
        ("away and back", trial.away_and_back),
        ("the daemon", trial.the_daemon_finds_it_within_seconds),
    ])
    print(f"      {time.monotonic() - begun:.0f} s", flush=True)
