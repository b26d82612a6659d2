"""Sends reports at a steady pace over HTTPS, on four kept connections, until SIGTERM; then prints what was answered.

Reads from standard input, as JSON: host, path, ca (a file), first (the first payment's number). Each report is of a payment never
reported before, so that each that is acknowledged must stand in the journal. Prints a JSON list of [payment, status or error].
"""
import http.client, itertools, json, signal, socket, ssl, sys, threading, time

order = json.load(sys.stdin)
context = ssl.create_default_context(cafile=order["ca"])
numbers = itertools.count(order["first"])
answers = []
stopping = threading.Event()


class Connection(http.client.HTTPSConnection):
    def connect(self):
        plain = socket.create_connection(("127.0.0.1", 443), self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = context.wrap_socket(plain, server_hostname=self.host)


def send():
    connection = Connection(order["host"], timeout=90)
    while not stopping.is_set():
        began = time.monotonic()
        payment = next(numbers)
        body = json.dumps({"id": payment, "state": "paid", "amount": "150.0", "currency": "btc"})
        try:
            connection.request("POST", order["path"], body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            answers.append((payment, answer.status))
        except (OSError, http.client.HTTPException) as error:
            answers.append((payment, repr(error)))
            connection.close()
        # The pace: twenty a second each, which nginx lets through for as long as a step takes.
        stopping.wait(max(0, began + 0.05 - time.monotonic()))


signal.signal(signal.SIGTERM, lambda *_: stopping.set())
threads = [threading.Thread(target=send) for _ in range(4)]
for thread in threads:
    thread.start()
print("sending", flush=True)
for thread in threads:
    thread.join()
print(json.dumps(answers))
