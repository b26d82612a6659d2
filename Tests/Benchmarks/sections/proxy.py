"""The daemon behind nginx over a Unix socket, beside a receiver in Go behind the same

This is how the daemon is meant to run. One worker of nginx keeps connections to what is behind it, over HTTP/1.1. Interleaved
rounds at 64 connections. Needs wrk, nginx and Go.
"""
import contextlib

from suite.beside import beside
from suite.daemon import daemon
from suite.figures import OWN
from suite.peers import GO, Subject, go_at_socket
from suite.processes import nginx, scratch, socket_directory

NEEDS = "wrk", "nginx", "go"

UPSTREAM = "upstream receiver {{ server unix:{path}; keepalive 64; keepalive_requests 100000000; }}"
LOCATIONS = """location / {
    proxy_pass http://receiver; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
}"""


def measure(options):
    with scratch(options) as directory, socket_directory() as sockets, contextlib.ExitStack() as stack:
        stack.enter_context(daemon(options, listen=[f"unix:{sockets}/daemon"]))
        stack.enter_context(go_at_socket(options, directory, sockets / "go"))
        subjects = {}
        for name, path in (OWN, sockets / "daemon"), (GO, sockets / "go"):
            process, port = stack.enter_context(
                nginx(directory / path.name, LOCATIONS, UPSTREAM.format(path=path)))
            subjects[name] = Subject(process.pid, f"127.0.0.1:{port}")
        return beside("proxy", subjects, 64, options)
