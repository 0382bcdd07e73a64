"""A real FlaskBB on loopback, and people who write in it as people do: with a browser's requests and cookies."""

import html
import http.cookiejar
import os
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from ground import Child, GivenUp, free_port, listens, now, status_of

# SERVER_NAME with a port would lose the session's cookie; the default logs would go into the installed package.
CONFIG = """\
from flaskbb.configs.default import DefaultConfig
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/flaskbb.sqlite"
SECRET_KEY = "only-for-this-trial"
WTF_CSRF_SECRET_KEY = "only-for-this-trial"
TRUSTED_HOSTS = ["127.0.0.1"]
PREFERRED_URL_SCHEME = "http"
REDIS_ENABLED = False
RATELIMIT_ENABLED = False
MAIL_SUPPRESS_SEND = True
USE_DEFAULT_LOGGING = False
"""

PASSWORD = "forum-pass"


class FlaskBB:
    """The forum: SQLite, one process of gunicorn."""

    def __init__(self, venv, folder):
        self.programs, self.folder = venv / "bin", folder
        folder.mkdir()
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.board = f"{self.address}/forum/1-welcome"
        self.config = folder / "flaskbb.cfg"
        self.config.write_text(CONFIG.format(folder=folder))
        self.log = folder / "access.log"
        self.log.touch()
        self.server = None

    def install(self, people):
        """Makes the forum, with accounts for these people; "admin" runs it."""
        self._run("install", "-f", "-u", "admin", "-e", "admin@example.test", "-p", PASSWORD)
        for name in people:
            if name != "admin":
                self._run("users", "new", "-u", name, "-e", f"{name}@example.com", "-p", PASSWORD, "-g", "member")
        self.start()
        return {name: Person(self, name) for name in people}

    def _environment(self):
        return {**os.environ, "HOME": str(self.folder), "FLASKBB_LOG_PATH": str(self.folder)}

    def _run(self, *arguments):
        command = [self.programs / "flaskbb", "--config", self.config, *arguments]
        done = subprocess.run(
            command, env=self._environment(), cwd=self.folder, timeout=600, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        if done.returncode != 0:
            raise GivenUp(f"flaskbb {arguments[0]}: exit {done.returncode}\n{done.stdout.decode(errors='replace')}")

    def start(self):
        """Starts the web server, on the same port each time."""
        # Not `flaskbb serve`: it forks inside an application context, and requests then share a user.
        self.server = Child(
            [self.programs / "gunicorn", "-b", f"127.0.0.1:{self.port}", "-w", "1", "--threads", "4",
             "--timeout", "120", "--no-control-socket", "--access-logfile", self.log, "--access-logformat", "%(s)s %(m)s %(U)s?%(q)s %({user-agent}i)s",
             f"flaskbb:create_app('{self.config}')"],
            self.folder / "gunicorn.log", self.folder, self._environment(),
        )
        self.server.wait_until(lambda: listens(self.port) and status_of(self.board) == 200, "FlaskBB answers")

    def stop(self):
        """Ends the web server: connections are refused."""
        self.server.stop()

    def asked(self):
        """Returns status and target of each request that vahti made, oldest first."""
        lines = [line.split(" ", 3) for line in self.log.read_text().splitlines()]
        return [(int(line[0]), line[2].rstrip("?")) for line in lines if line[3].lower().startswith("vahti")]


class Post:
    """A post as it was written: what vahti should say of it."""

    def __init__(self, topic, number, author, text, title):
        self.topic, self.number, self.author, self.text, self.title = topic, number, author, text, title
        self.written = now()
        # The address of the topic's page, which the forum made from the title.
        self.page = None


class Person:
    """Somebody with an account, who logs in by the form."""

    def __init__(self, forum, name):
        self.forum, self.name = forum, name
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        self._send("/auth/login", "/auth/login", {"login": name, "password": PASSWORD})
        if "/auth/logout" not in self._get("/")[0]:
            raise GivenUp(f"{name} could not log in")

    def _get(self, path, data=None):
        try:
            with self.opener.open(self.forum.address + path, data, timeout=120) as reply:
                return reply.read().decode(), reply.geturl()
        except urllib.error.HTTPError as error:
            raise GivenUp(f"{self.name}: {path}: {error.code} {error.read()[-500:]!r}") from None

    def _send(self, page, action, fields):
        """Fills in the form of a page, and returns the page and the address where that led."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self._get(page)[0])
        if not token:
            raise GivenUp(f"{self.name}: no form in {page}")
        fields = {"csrf_token": token[1], "submit": "y", **fields}
        return self._get(action, urllib.parse.urlencode(fields).encode())

    def topic(self, title, text):
        """Opens a topic and returns its first post."""
        return self._written(self._send("/1/topic/new", "/1/topic/new", {"title": title, "content": text}), text, title)

    def reply(self, to, text):
        """Replies in the topic of a post."""
        path = f"/topic/{to.topic}"
        return self._written(self._send(path, f"{path}/post/new", {"content": text}), text, to.title)

    def quote(self, post, text):
        """Replies with the form that holds a quote of this post."""
        path = f"/topic/{post.topic}/post/{post.number}/reply"
        area = re.search(r"<textarea[^>]*>(.*?)</textarea>", self._get(path)[0], re.DOTALL)
        quoted = html.unescape(area[1]).strip() if area else ""
        if not quoted.startswith(">"):
            raise GivenUp(f"the form of a reply holds no quote: {quoted!r}")
        return self._written(self._send(path, path, {"content": f"{quoted}\n\n{text}"}), text, post.title)

    def edit(self, post, text):
        """Puts another text into a post."""
        path = f"/post/{post.number}/edit"
        self._send(path, path, {"content": text})

    def delete(self, post):
        """Deletes a post."""
        self._send(f"/topic/{post.topic}", f"/post/{post.number}/delete", {})

    def delete_topic(self, post):
        """Deletes the topic of a post."""
        self._send(f"/topic/{post.topic}", f"/topic/{post.topic}/delete", {})

    def _written(self, answer, text, title):
        page, address = answer
        topic = re.search(r"/topic/(\d+)", address)
        # It leads to the page on which the new post is, the last one there.
        numbers = re.findall(r'id="pid(\d+)"', page)
        if not topic or not numbers:
            raise GivenUp(f"{self.name}: the forum took no post: {address}\n{page[-500:]}")
        post = Post(int(topic[1]), int(numbers[-1]), self.name, text, title)
        post.page = address
        return post
