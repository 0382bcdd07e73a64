#!/usr/bin/python3
"""A real SMTP server on loopback, for the tests: aiosmtpd, with TLS and a password when asked for.

    server.py --dir DIR [--port N] [--tls none|starttls|implicit --cert FILE --key FILE] [--auth USER:PASS]
              [--answer REPLY | --hang-up] [--refuse ADDRESS] [--pidfile FILE] [--stay]

The first line of its output is the port. Every message accepted becomes DIR/NNNN.eml, as received, below two
headers with the envelope (X-Mail-From, X-Rcpt-To), and is on disk before the client reads its 250. Numbers go on
where an earlier server on the same DIR stopped. It ends on SIGTERM, SIGINT, or when its standard input closes, so
that it dies with the test that started it; --stay keeps it when there is no standard input to watch.

--answer "451 4.3.0 later" refuses every message with that reply and stores none; --hang-up stores the message and
closes the connection without an answer, as a server does that dies at the worst moment. --refuse ADDRESS knows no
such recipient, for good.
"""

import argparse
import asyncio
import logging
import os
import pathlib
import signal
import ssl
import sys
import threading
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Mailbox:
    """Writes messages to a folder."""

    def __init__(self, folder, answer, hang_up, refused):
        self.folder, self.answer, self.hang_up, self.refused = folder, answer, hang_up, refused
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 (the name is aiosmtpd's)
        if address == self.refused:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Known"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (the name is aiosmtpd's)
        if self.answer:
            return self.answer
        self.store(envelope)
        if self.hang_up:
            server.transport.abort()
        return "250 2.0.0 Kept"

    def store(self, envelope):
        numbers = [int(path.stem) for path in self.folder.glob("*.eml") if path.stem.isdigit()]
        path = self.folder / f"{max(numbers, default=0) + 1:04}.eml"
        head = f"X-Mail-From: {envelope.mail_from}\r\nX-Rcpt-To: {', '.join(envelope.rcpt_tos)}\r\n"
        # Readers look for *.eml: under that name a message is whole.
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(head.encode() + envelope.original_content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        folder = os.open(self.folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=pathlib.Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", choices=("none", "starttls", "implicit"), default="none")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--auth", metavar="USER:PASS")
    parser.add_argument("--answer", metavar="REPLY")
    parser.add_argument("--hang-up", action="store_true")
    parser.add_argument("--refuse", metavar="ADDRESS")
    parser.add_argument("--pidfile", type=pathlib.Path)
    parser.add_argument("--stay", action="store_true")
    args = parser.parse_args()
    if args.tls != "none" and not (args.cert and args.key):
        parser.error(f"--tls {args.tls} needs --cert and --key")
    if args.auth is not None and ":" not in args.auth:
        parser.error("--auth is USER:PASS")
    return args


def protocol(args, context):
    """A factory of connections, each asking for what the arguments ask for."""
    user, _, password = (args.auth or "").partition(":")

    def authenticate(server, session, envelope, mechanism, data):
        fits = isinstance(data, LoginPassword) and (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=fits, handled=False)

    mailbox = Mailbox(args.dir, args.answer, args.hang_up, args.refuse)
    starttls = args.tls == "starttls"
    return lambda: SMTP(
        mailbox,
        hostname="localhost",
        enable_SMTPUTF8=True,
        tls_context=context if starttls else None,
        require_starttls=starttls,
        # aiosmtpd counts only STARTTLS as TLS; with implicit TLS nothing is ever in the clear.
        auth_require_tls=starttls,
        auth_required=args.auth is not None,
        authenticator=authenticate if args.auth is not None else None,
    )


async def serve(args):
    context = None
    if args.tls != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(args.cert, args.key)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if not args.stay:
        # A thread, as epoll takes no regular file and no /dev/null.
        def watch():
            while os.read(0, 4096):
                pass
            loop.call_soon_threadsafe(stop.set)

        threading.Thread(target=watch, daemon=True).start()

    implicit = context if args.tls == "implicit" else None
    server = await loop.create_server(protocol(args, context), "127.0.0.1", args.port, ssl=implicit)
    if args.pidfile:
        args.pidfile.write_text(f"{os.getpid()}\n")
    print(server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    # It warns of a password without TLS, which is what a test may want, and of its own deprecations.
    warnings.simplefilter("ignore")
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    asyncio.run(serve(arguments()))
    sys.stdout.flush()
    # Connections still open are dropped, as by a server that is gone.
    os._exit(0)
