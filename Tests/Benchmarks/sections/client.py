"""The API client: fetches of one payment, and a listing of all

100,000 fetches, 16 at a time, and a listing of 200,000 payments. nginx is the API. Needs nginx and ClientBenchmark.
"""
import re, subprocess

from suite.figures import Figure
from suite.load import interleaved, median
from suite.notes import CannotRun
from suite.processes import nginx, scratch

NEEDS = ("nginx",)
CONCURRENCY = 16

LOCATIONS = """
location = /api/v1/oauth/token {{
    return 200 '{{"access_token":"bench","token_type":"Bearer","expires_in":7200,"created_at":1667325845}}';
}}
location ~ ^/api/v1/payments/(?<id>[0-9]+)$ {{ return 200 '{payment}'; }}
location = /api/v1/payments {{ alias {list}; }}
"""

FETCHES = r"(\d+) calls a second, (\d+) µs processor time each, anonymous memory (\d+) KiB, [+]?(-?\d+) KiB since"
LISTING = r"(\d+) payments, (\d+) MB at (\d+) MB/s, (\d+) KiB of memory for it"


def figure(*values):
    return Figure("client", *values)


def payment(number):
    return (f'{{"id":{number},"currency":"btc","amount":"1500.00","created_at":"2026-11-20T18:04:05.123Z",'
            f'"updated_at":"2026-11-20T18:09:11.456Z","state":"paid","currency_amount":"0.00123456"}}')


def measure(options):
    calls, payments = options.count(100_000), options.count(200_000)
    with scratch(options) as directory:
        listing = directory / "list"
        listing.write_text("[" + ",".join(map(payment, range(1, payments + 1))) + "]")
        locations = LOCATIONS.format(payment=payment("$id"), list=listing)
        with nginx(directory / "nginx", locations) as (_, port):
            url = f"http://127.0.0.1:{port}/api/v1"
            results = interleaved("client", {
                "fetches": lambda: numbers(options, FETCHES, url, "payments", calls, CONCURRENCY),
                "a listing": lambda: numbers(options, LISTING, url, "list"),
            }, options.rounds)

    def of(what, index):
        return median(results[what], lambda numbers: numbers[index])

    return [
        figure("fetches a second", of("fetches", 0), "/s", "higher"),
        figure("processor time of a fetch", of("fetches", 1), "µs", "lower"),
        figure("anonymous memory while fetching", of("fetches", 2), "KiB", "lower"),
        figure("growth of it since the first ten thousand", of("fetches", 3), "KiB", "lower"),
        figure("payments listed", of("a listing", 0), "", None),
        figure("listing", of("a listing", 2), "MB/s", "higher"),
        figure("memory for the listing", of("a listing", 3), "KiB", "lower"),
    ]


def numbers(options, pattern, *arguments):
    """What ClientBenchmark prints."""
    command = [options.binary("ClientBenchmark"), *map(str, arguments)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(pattern, output)
    if not found:
        raise CannotRun(f"ClientBenchmark prints something else than expected: {output.strip()}")
    return [float(number) for number in found.groups()]
