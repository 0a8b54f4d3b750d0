"""A small client layer over the modules that grpcio-tools makes from proto/.

    client = Client("127.0.0.1:50051", token)                      # on the service's own machine; also "unix:/path"
    client = Client("triage.bureau.example:50051", token, tls=Tls(ca="ca.pem"))     # from another one
    receipt = client.intake.Submit(submission=...).receipt
    files = client.unit.Pull(officer="k015", track=TRACK_COMPLAINT, max_files=5).files

Every request that has a `request_id` gets a fresh one unless it is given, and is sent again under the same one when
the server says so (RetryInfo) or cannot be reached: that is what makes writing safe to retry. Everything else that is
refused is raised as `Refused`, with the google.rpc details decoded.
"""

import queue
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from triage.v1 import intake_service_pb2, intake_service_pb2_grpc
from triage.v1 import reception_service_pb2, reception_service_pb2_grpc
from triage.v1 import unit_service_pb2, unit_service_pb2_grpc

RETRIES = 5
SECONDS_PER_CALL = 90


@dataclass
class Field:
    """One wrong field of a request, or one that differs."""

    path: str
    reason: str
    description: str
    zh: str


@dataclass
class Refused(Exception):
    """What the server said when it did not do what was asked."""

    code: grpc.StatusCode
    message: str
    reason: str = ""
    domain: str = ""
    metadata: dict = field(default_factory=dict)
    zh: str = ""
    locale: str = ""
    fields: list = field(default_factory=list)
    retry_after: float | None = None

    def __str__(self):
        return f"{self.code.name} {self.reason}: {self.message} ({self.zh})"

    @property
    def paths(self):
        return [wrong.path for wrong in self.fields]


CODES = {code.value[0]: code for code in grpc.StatusCode}


def decode(status):
    """A Refused from a google.rpc.Status."""
    refused = Refused(CODES[status.code], status.message)
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = unpack(detail, error_details_pb2.ErrorInfo)
            refused.reason, refused.domain, refused.metadata = info.reason, info.domain, dict(info.metadata)
        elif detail.Is(error_details_pb2.LocalizedMessage.DESCRIPTOR):
            unpacked = unpack(detail, error_details_pb2.LocalizedMessage)
            refused.zh, refused.locale = unpacked.message, unpacked.locale
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            for wrong in unpack(detail, error_details_pb2.BadRequest).field_violations:
                refused.fields.append(
                    Field(wrong.field, wrong.reason, wrong.description, wrong.localized_message.message)
                )
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            delay = unpack(detail, error_details_pb2.RetryInfo).retry_delay
            refused.retry_after = delay.seconds + delay.nanos / 1e9
    return refused


def unpack(detail, kind):
    message = kind()
    detail.Unpack(message)
    return message


def refused_from_call(error):
    status = rpc_status.from_call(error)
    return decode(status) if status else Refused(error.code(), error.details() or "")


def refused_from_item(error):
    """The error of one item of a stream: field for field, and byte for byte, a google.rpc.Status."""
    return decode(status_pb2.Status.FromString(error.SerializeToString()))


def new_request_id():
    return uuid.uuid4().hex


class Service:
    """One service: its methods by their names in proto/, their request fields as keyword arguments."""

    def __init__(self, stub, messages, metadata):
        self._stub, self._messages, self._metadata = stub, messages, metadata

    def __getattr__(self, method):
        request_type = getattr(self._messages, method + "Request")
        rpc = getattr(self._stub, method)

        def call(**fields):
            if "request_id" in request_type.DESCRIPTOR.fields_by_name:
                fields.setdefault("request_id", new_request_id())
            return self._send(rpc, request_type(**fields))

        return call

    def _send(self, rpc, request):
        for attempt in range(RETRIES):
            try:
                return rpc(request, metadata=self._metadata, timeout=SECONDS_PER_CALL)
            except grpc.RpcError as error:
                refused = refused_from_call(error)
                again = refused.retry_after is not None or refused.code is grpc.StatusCode.UNAVAILABLE
                if not again or attempt + 1 == RETRIES:
                    raise refused from None
                time.sleep(refused.retry_after or 0.2 * 2**attempt)
        raise AssertionError("unreachable")


@dataclass
class Tls:
    """Files (PEM): the authority that signed the service's certificate; one's own certificate and key, if asked for."""

    ca: str
    certificate: str | None = None
    key: str | None = None

    def credentials(self):
        read = [Path(file).read_bytes() if file else None for file in (self.ca, self.key, self.certificate)]
        return grpc.ssl_channel_credentials(*read)


class Client:
    """A caller: an address and its token. `token` may be None, for what is open to everyone."""

    def __init__(self, address, token=None, compression=None, tls=None):
        # grpcio's own call credentials refuse to send a token without TLS, which is right on the service's own machine.
        self.metadata = [("authorization", f"Bearer {token}")] if token else []
        if tls:
            self.channel = grpc.secure_channel(address, tls.credentials(), compression=compression)
        else:
            self.channel = grpc.insecure_channel(address, compression=compression)
        self.intake = Service(
            intake_service_pb2_grpc.IntakeServiceStub(self.channel), intake_service_pb2, self.metadata
        )
        self.unit = Service(unit_service_pb2_grpc.UnitServiceStub(self.channel), unit_service_pb2, self.metadata)
        self.reception = Service(
            reception_service_pb2_grpc.ReceptionServiceStub(self.channel), reception_service_pb2, self.metadata
        )

    def submit_stream(self, requests):
        """Hands in many submissions at once. Yields (request_id, Receipt or Refused) as the answers come."""
        stub = intake_service_pb2_grpc.IntakeServiceStub(self.channel)
        try:
            for answer in stub.SubmitStream(iter(requests), metadata=self.metadata):
                kind = answer.WhichOneof("answer")
                yield answer.request_id, answer.receipt if kind == "receipt" else refused_from_item(answer.error)
        except grpc.RpcError as error:
            raise refused_from_call(error) from None

    def raw(self, path, body):
        """Sends bytes as they are, as a broken sender would."""
        call = self.channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)
        try:
            return call(body, metadata=self.metadata, timeout=SECONDS_PER_CALL)
        except grpc.RpcError as error:
            raise refused_from_call(error) from None

    def close(self):
        self.channel.close()


def in_background(call):
    """Runs `call` on a thread; the returned function waits for its result."""
    results = queue.Queue()

    def run():
        try:
            results.put((call(), None))
        except Exception as error:  # handed to the one who waits
            results.put((None, error))

    threading.Thread(target=run, daemon=True).start()

    def result(timeout=SECONDS_PER_CALL):
        value, error = results.get(timeout=timeout)
        if error:
            raise error
        return value

    return result
