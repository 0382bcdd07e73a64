"""A real WordPress on loopback, and people who write on it as people do: through XML-RPC and the comment form."""

import http.client
import http.server
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import xmlrpc.client

from ground import Child, GivenUp, free_port, listens, until

# Read before WordPress starts. The settings are those of a test site: no calls to the outside or to itself, no
# moderation, no mail.
CONFIG = """\
<?php
define('DB_NAME', 'wp');
define('DB_USER', 'wp');
define('DB_PASSWORD', 'wp');
define('DB_HOST', 'localhost:{socket}');
define('DB_CHARSET', 'utf8mb4');
define('WP_HOME', '{address}');
define('WP_SITEURL', '{address}');
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
$table_prefix = 'wp_';
defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
PLUGIN = """\
<?php
add_filter('pre_http_request', fn() => new WP_Error('offline', 'This site makes no requests.'));
add_filter('pre_wp_mail', '__return_true');
add_filter('comment_flood_filter', '__return_false', 99);
add_filter('pre_option_comment_previously_approved', fn() => '0');
"""
PEOPLE = """\
<?php
$_SERVER['HTTP_HOST'] = '{host}';
require '{site}/wp-load.php';
foreach (array_slice($argv, 1) as $name) {{
    wp_insert_user(['user_login' => $name, 'user_pass' => "$name-pass", 'display_name' => $name, 'role' => 'author']);
}}
"""


class Seen:
    """One request that reached the site, and its answer."""

    def __init__(self, target, asked, status, answered, size):
        self.target, self.status, self.size = target, status, size
        self.if_none_match, self.if_modified_since = asked.get("If-None-Match"), asked.get("If-Modified-Since")
        self.etag, self.last_modified = answered.get("ETag"), answered.get("Last-Modified")

    def __repr__(self):
        return f"{self.target} {self.status}, asked with {self.if_none_match} {self.if_modified_since}, gave {self.etag} {self.last_modified}"


class Gate:
    """Stands before the site, hands everything on, and remembers what was asked with which validators."""

    def __init__(self, inner):
        self.inner, self.seen = inner, []
        self.port = free_port()
        self.server = None

    def open(self):
        """Lets requests in."""
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def hand_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                inner = http.client.HTTPConnection("127.0.0.1", gate.inner, timeout=60)
                inner.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() != "connection":
                        inner.putheader(name, value)
                inner.endheaders(body or None)
                reply = inner.getresponse()
                content = reply.read()
                inner.close()
                gate.seen.append(Seen(self.path, self.headers, reply.status, reply.headers, len(content)))
                self.send_response_only(reply.status)
                for name, value in reply.headers.items():
                    if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                        self.send_header(name, value)
                if reply.status != 304:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_HEAD = do_POST = hand_on  # noqa: N815 (the names are http.server's)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        """Refuses connections from now on."""
        self.server.shutdown()
        self.server.server_close()


class WordPress:
    """The site: MariaDB on a socket, PHP's own server, the gate before it."""

    def __init__(self, package, folder):
        self.folder, self.site = folder, folder / "site"
        folder.mkdir()
        shutil.copytree(package, self.site, symlinks=True)
        self.socket = folder / "db.sock"
        self.inner = free_port()
        self.gate = Gate(self.inner)
        self.address = f"http://127.0.0.1:{self.gate.port}"
        self.database = self.php = None
        (self.site / "wp-config.php").write_text(CONFIG.format(socket=self.socket, address=self.address))
        plugins = self.site / "wp-content" / "mu-plugins"
        plugins.mkdir(parents=True)
        (plugins / "trial.php").write_text(PLUGIN)

    def install(self, people):
        """Makes the database and the site, and accounts for these people."""
        self._run(
            "mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}", *self._user(),
            "--auth-root-authentication-method=normal", "--skip-test-db",
        )
        self.start_database()
        self._run(
            "mariadb", "--no-defaults", "-S", str(self.socket), "-uroot", "-e",
            "create database wp; create user wp@localhost identified by 'wp'; grant all on wp.* to wp@localhost",
        )
        self.gate.open()
        self.start_php()
        form = {
            "weblog_title": "Trial", "user_name": "admin", "admin_password": "admin-pass",
            "admin_password2": "admin-pass", "pw_weak": "on", "admin_email": "admin@example.test", "blog_public": "0",
            "Submit": "Install",
        }
        self.post("/wp-admin/install.php?step=2", form)
        script = self.folder / "people.php"
        script.write_text(PEOPLE.format(host=f"127.0.0.1:{self.gate.port}", site=self.site))
        self._run("php", str(script), *people)
        with urllib.request.urlopen(f"{self.address}/?feed=rss2", timeout=60) as reply:
            if b"<rss" not in reply.read():
                raise GivenUp("WordPress was installed and has no feed")

    def _user(self):
        # MariaDB refuses to run as root unless told so in as many words; it listens on a socket in a private folder.
        return ["--user=root"] if self.folder.owner() == "root" else []

    def _run(self, *command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False)
        if done.returncode != 0:
            raise GivenUp(f"{command[0]}: exit {done.returncode}\n{done.stdout.decode(errors='replace')}")

    def start_database(self):
        """Starts MariaDB, without any port."""
        program = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
        self.database = Child(
            [program, "--no-defaults", f"--datadir={self.folder / 'data'}", *self._user(), "--skip-networking",
             f"--socket={self.socket}", f"--pid-file={self.folder / 'db.pid'}"],
            self.folder / "db.log",
        )

        def answers():
            asked = ["mariadb", "--no-defaults", "-S", str(self.socket), "-uroot", "-e", "select 1"]
            return subprocess.run(asked, capture_output=True, check=False).returncode == 0

        self.database.wait_until(answers, "MariaDB answers")

    def start_php(self):
        """Starts PHP's own web server."""
        self.php = Child(["php", "-S", f"127.0.0.1:{self.inner}", "-t", str(self.site)], self.folder / "php.log")
        self.php.wait_until(lambda: listens(self.inner), "PHP listens")

    def restart(self):
        """Ends both servers and starts them again on the same ports."""
        self.php.stop()
        self.database.stop()
        self.start_database()
        self.start_php()

    def post(self, path, form):
        """Sends a form as a browser does."""
        data = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(self.address + path, data, timeout=120) as reply:
            return reply.read()

    def _speak(self):
        return xmlrpc.client.ServerProxy(f"{self.address}/xmlrpc.php", use_builtin_types=True).wp

    def write(self, author, title, text):
        """Publishes a post and returns its number."""
        content = {"post_title": title, "post_content": text, "post_status": "publish", "comment_status": "open"}
        return int(self._speak().newPost(0, author, f"{author}-pass", content))

    def edit(self, author, post, text):
        """Puts another text into a post."""
        self._speak().editPost(0, author, f"{author}-pass", post, {"post_content": text})

    def comment(self, name, post, text):
        """Comments as a passer-by does, and returns the number of the comment."""
        form = {
            "author": name, "email": f"{name}@example.test", "comment": text, "comment_post_ID": post,
            "comment_parent": 0, "submit": "Post Comment",
        }
        data = urllib.parse.urlencode(form).encode()
        opener = urllib.request.build_opener(_Stay)
        try:
            opener.open(f"{self.address}/wp-comments-post.php", data, timeout=60)
        except urllib.error.HTTPError as error:
            place = error.headers.get("Location") or ""
            if "#comment-" in place:
                return int(place.rpartition("-")[2])
            raise GivenUp(f"WordPress did not take the comment: {error.code} {error.read()[-500:]}") from None
        raise GivenUp("WordPress did not say where the comment is")

    def next_second(self):
        """Waits for another second to begin: WordPress makes its validators of seconds."""
        begun = int(time.time())
        until(lambda: int(time.time()) > begun, "the next second", pause=0.02)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
