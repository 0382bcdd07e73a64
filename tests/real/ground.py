"""What the trials stand on: a scoreboard, child processes that cannot outlive it, and vahti in a folder of its own."""

import ctypes
import datetime
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import traceback
import urllib.error
import urllib.request

# How long anything may take to start or to happen. Generous: the machine may be busy with something else.
PATIENCE = 120


class GivenUp(Exception):
    """The trial cannot go on."""


class Board:
    """Counts what held and says what did not."""

    def __init__(self):
        self.passed = self.failed = 0

    def holds(self, sentence, truth, *details):
        """Notes whether it is so. The details are shown when it is not."""
        if truth:
            self.passed += 1
            print(f"ok    {sentence}", flush=True)
            return
        self.failed += 1
        print(f"FAIL  {sentence}", flush=True)
        for detail in details:
            print("      " + str(detail).strip().replace("\n", "\n      "), flush=True)

    def same(self, sentence, got, wanted):
        """Notes whether these two are equal; of two collections the difference is shown."""
        details = [f"got:    {got!r}", f"wanted: {wanted!r}"]
        if isinstance(got, (set, frozenset)) and isinstance(wanted, (set, frozenset)):
            details = [f"lacking: {sorted(wanted - got)!r}", f"beyond:  {sorted(got - wanted)!r}"]
        self.holds(sentence, got == wanted, *details)


def say(text):
    """Prints a heading."""
    print(f"\n-- {text}", flush=True)


def steps(board, what, named):
    """Takes these steps one after the other. One that cannot go on is a failure, and the next one is tried."""
    for name, step in named:
        say(f"{what}: {name}")
        try:
            step()
        except GivenUp as error:
            board.holds(f"{name} comes to its end", False, error)
        except (OSError, LookupError, ValueError, TypeError, AttributeError, StopIteration):
            board.holds(f"{name} comes to its end", False, traceback.format_exc())
        for child in Child.alive[:]:
            if child.name == "vahti":
                child.stop()


def free_port():
    """Returns a port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(truth, what, seconds=PATIENCE, pause=0.1):
    """Waits until this is true, and returns what it returned and after how many seconds."""
    begun = time.monotonic()
    while True:
        answer = truth()
        took = time.monotonic() - begun
        if answer:
            return answer, took
        if took > seconds:
            raise GivenUp(f"waited {seconds} s in vain: {what}")
        time.sleep(pause)


def listens(port):
    """Returns whether somebody accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def status_of(address):
    """Returns the status of a GET, or None without an answer."""
    try:
        with urllib.request.urlopen(address, timeout=30) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def time_of(text):
    """Returns the time of an RFC 3339 text."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def now():
    """Returns the time of day."""
    return datetime.datetime.now(datetime.timezone.utc)


_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    _libc.prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class Child:
    """A program that runs beside the trial. It dies with it, even when the trial is killed."""

    alive = []

    def __init__(self, command, log, cwd=None, env=None):
        self.name, self.log = pathlib.Path(command[0]).name, log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd, env=env,
                preexec_fn=_die_with_parent,
            )
        Child.alive.append(self)

    def wait_until(self, truth, what):
        """Waits until this is true while the program runs."""

        def or_ended():
            if self.process.poll() is not None:
                raise GivenUp(f"{self.name} ended with {self.process.returncode}:\n{self.tail()}")
            return truth()

        try:
            until(or_ended, what)
        except GivenUp as error:
            raise GivenUp(f"{error}\n{self.tail()}") from None

    def tail(self, characters=3000):
        """Returns the end of what it said."""
        return self.log.read_text(errors="replace")[-characters:]

    def stop(self, how=signal.SIGTERM):
        """Ends it and returns its exit status, negative for a signal."""
        if self in Child.alive:
            Child.alive.remove(self)
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()

    @classmethod
    def stop_all(cls):
        """Ends what still runs, the last one first."""
        for child in reversed(cls.alive[:]):
            child.stop()


class Vahti:
    """The program under trial with a configuration, a store and an outbox of its own."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        folder.mkdir()

    HEAD = """\
timezone = "UTC"
state_dir = "state"
[http]
allow_private_addresses = ["127.0.0.1/32"]
[mail]
from = "Vahti <alerts@example.org>"
outbox_dir = "outbox"
[[brand]]
name = "Vahtibrand"
keywords = ["Vahtibrand"]
languages = ["fi", "tr", "en"]
[[alert]]
name = "care"
to = ["care@example.org"]
frequency = "as-it-happens"
"""

    def configure(self, sources):
        """Writes the configuration with these sources."""
        (self.folder / "vahti.toml").write_text(self.HEAD + sources)

    def _environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "VAHTI_CONFIG": str(self.folder / "vahti.toml")}

    def ran(self, *arguments):
        """Runs it and returns exit status, standard output and standard error."""
        done = subprocess.run(
            [self.binary, *arguments], cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=5 * PATIENCE, check=False,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def json(self, *arguments):
        """Runs it and returns the JSON it wrote; anything but success ends the trial."""
        status, output, error = self.ran(*arguments, "--format", "json")
        if status != 0:
            raise GivenUp(f"vahti {' '.join(arguments)}: exit {status}\n{output}{error}")
        return json.loads(output)

    def lines(self, *arguments):
        """Runs it and returns the JSON of each line it wrote; anything but success ends the trial."""
        status, output, error = self.ran(*arguments)
        if status != 0:
            raise GivenUp(f"vahti {' '.join(arguments)}: exit {status}\n{output}{error}")
        return [json.loads(line) for line in output.splitlines()]

    def once(self):
        """Polls everything once and returns the summary."""
        return self.json("run", "--once")

    def mentions(self):
        """Returns every mention, copies too."""
        return self.json("mentions", "--copies", "--limit", "0")

    def tickets(self):
        """Returns every ticket."""
        return self.json("tickets", "--status", "all", "--limit", "0")

    def source(self, name):
        """Returns what `status` says of a source."""
        return next(source for source in self.json("status")["sources"] if source["name"] == name)

    def mails(self):
        """Returns the mails in the outbox folder, oldest first."""
        return [path.read_text(errors="replace") for path in sorted((self.folder / "outbox").glob("*.eml"))]

    def daemon(self):
        """Starts the daemon and waits until it answers."""
        child = Child([self.binary, "run", "--log", "text"], self.folder / "daemon.log", self.folder, self._environment())
        control = str(self.folder / "state" / "vahti.sock")

        def answers():
            with socket.socket(socket.AF_UNIX) as probe:
                return probe.connect_ex(control) == 0

        child.wait_until(answers, "the daemon listens")
        return child
