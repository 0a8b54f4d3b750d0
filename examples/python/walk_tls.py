"""Calls over TLS: python walk_tls.py HOST:PORT DIR CALLER.json...

As many callers as it takes to open 64 streams, eight each. DIR holds ca.pem, which signed service.pem, client.pem and known.pem, a caller's own; stranger.pem, signed by strange.pem; renewed.pem for the
service, which is put in the place of service.pem while streams are open. Keys stand beside them.
"""

import json
import os
import queue
import shutil
import socket
import ssl
import sys
import time
from pathlib import Path

# The refusals below are wanted; grpcio would tell of each on standard error.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
import grpc  # noqa: E402

from samples import ZHAOTAN, minutes_ago, part, submission
from transcript import Transcript
from triage.v1 import intake_service_pb2
from triage_client import Client, Refused, Tls

STREAMS_OF_A_CALLER = 8
SECONDS_TO_SEE_A_NEW_CERTIFICATE = 60
RECEIVED = minutes_ago(10)


def item(number):
    return submission(number, ZHAOTAN.format(1), RECEIVED, complaint=part("买到过期食品，要求退款"))


class Stream:
    """A SubmitStream that stays open: one item, one answer."""

    def __init__(self, client):
        self.items = queue.Queue()
        self.answers = client.submit_stream(iter(self.items.get, None))

    def submit(self, number):
        request = intake_service_pb2.SubmitStreamRequest(request_id=f"tls-{number}", submission=item(number))
        self.items.put(request)
        return next(self.answers)[1]

    def close(self):
        self.items.put(None)
        return list(self.answers)


def gets_in(address, token, tls):
    """None, or why not."""
    client = Client(address, token, tls=tls)
    try:
        grpc.channel_ready_future(client.channel).result(timeout=5)
        client.intake.Submit(submission=item("TLS-0001"), request_id="tls-0001")
        return None
    except Refused as refused:
        return refused.code.name
    except grpc.FutureTimeoutError:
        return "no connection within 5 s"
    finally:
        client.close()


def shown(address, files):
    """The service's certificate, as a new connection sees it."""
    context = ssl.create_default_context(cafile=files / "ca.pem")
    context.load_cert_chain(files / "client.pem", files / "client.key")
    context.set_alpn_protocols(["h2"])
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname=host) as connection:
            return connection.getpeercert(binary_form=True)


def first(pem):
    return ssl.PEM_cert_to_DER_cert(pem.read_text())


def main():
    address, files, *callers = sys.argv[1:]
    files = Path(files)
    tokens = [json.loads(Path(caller).read_text(encoding="utf-8"))["token"] for caller in callers]
    token = tokens[0]

    def file(name):
        return str(files / name)

    ours = Tls(file("ca.pem"), file("client.pem"), file("client.key"))
    say = Transcript()

    say.title("经 TLS 调用 / over TLS")
    say.equal("私有 CA，有客户端证书 / private CA, own certificate: gets in", gets_in(address, token, ours), None)
    for said, tls in (
        ("别家 CA / another CA", Tls(file("strange.pem"), file("client.pem"), file("client.key"))),
        ("没有客户端证书 / no client certificate", Tls(file("ca.pem"))),
        ("别家的客户端证书 / a client certificate of another CA",
         Tls(file("ca.pem"), file("stranger.pem"), file("stranger.key"))),
        ("明文 / no TLS", None),
    ):
        why = gets_in(address, token, tls)
        say.check(f"{said}: refused ({why})", why is not None)

    known = Tls(file("ca.pem"), file("known.pem"), file("known.key"))
    say.equal("凭客户端证书，不用令牌 / known by its certificate: gets in without a token", gets_in(address, None, known), None)
    say.equal("证书不是任何调用方的 / nobody's certificate, no token", gets_in(address, None, ours), "UNAUTHENTICATED")

    clients = [Client(address, token, tls=ours) for token in tokens]
    streams = [Stream(client) for client in clients for _ in range(STREAMS_OF_A_CALLER)]
    say.title(f"{len(streams)} 条流打开时更换证书 / a certificate changed under {len(streams)} open streams")
    before = [stream.submit(f"TLS-A{number:03}") for number, stream in enumerate(streams)]
    say.check("every stream has taken an item", all(hasattr(receipt, "registration_number") for receipt in before))
    say.check("new connections see the first certificate", shown(address, files) == first(files / "service.pem"))
    for kind in ("key", "pem"):
        shutil.copy(files / f"renewed.{kind}", files / f"new.{kind}")
        os.replace(files / f"new.{kind}", files / f"service.{kind}")
    changed = time.monotonic()
    while shown(address, files) != first(files / "renewed.pem"):
        if time.monotonic() > changed + SECONDS_TO_SEE_A_NEW_CERTIFICATE:
            break
        time.sleep(0.2)
    took = time.monotonic() - changed
    say.check(f"new connections see the new one after {took:.1f} s", took <= SECONDS_TO_SEE_A_NEW_CERTIFICATE)
    after = [stream.submit(f"TLS-B{number:03}") for number, stream in enumerate(streams)]
    say.check("all streams went on", all(hasattr(receipt, "registration_number") for receipt in after))
    say.check("and end well", all(stream.close() == [] for stream in streams))
    say.equal("a new caller gets in", gets_in(address, token, ours), None)
    for client in clients:
        client.close()
    print(f"\n{say.checks} 项全部符合预期 / all as expected")


if __name__ == "__main__":
    main()
