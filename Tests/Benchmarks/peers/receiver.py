"""A webhook receiver as one would write it with Flask: each report is a row of SQLite, synced before its answer.

$JOURNAL is the database; to be served by gunicorn.
"""
import os, sqlite3, threading

from flask import Flask, request

app = Flask(__name__)
kept = threading.local()


def database():
    """This thread's connection: every statement is a transaction of its own, synced when it ends."""
    if not hasattr(kept, "database"):
        kept.database = sqlite3.connect(os.environ["JOURNAL"], isolation_level=None, timeout=60)
        kept.database.execute("pragma journal_mode = wal")
        kept.database.execute("pragma synchronous = full")
        kept.database.execute("create table if not exists reports (number integer primary key, body text not null)")
    return kept.database


@app.post("/hook")
def receive():
    report = request.get_json()
    if not report.get("id") or not report.get("state"):
        return {"status": "refused"}, 400
    database().execute("insert into reports (body) values (?)", (request.get_data(as_text=True),))
    return {"status": "accepted"}
