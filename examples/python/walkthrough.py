"""A walk through the whole contract over a real socket: python walkthrough.py ADDRESS CALLERS.jsonl

CALLERS.jsonl holds one line of `triage caller add --json` for each caller: intake, reception, two stations.
"""

import json
import sys

import grpc
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from transcript import Transcript
from triage_client import Client, Refused
from walk_intake import walk_intake
from walk_bad import walk_bad
from walk_stream import walk_stream
from walk_units import walk_units
from walk_changes import beginning, walk_changes

SERVICES = {"triage.v1.IntakeService", "triage.v1.UnitService", "triage.v1.ReceptionService"}


class Service:
    """Everyone who calls, by what they are."""

    def __init__(self, address, path):
        self.address = address
        self.tokens = {}
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                made = json.loads(line)
                caller = made["caller"]
                self.tokens[caller["unit"] or caller["role"]] = made["token"]
        reception = next(unit for unit in self.tokens if unit not in ("intake", "zhaotan", "shifudonglu"))
        # Small messages are sent as they are, the bulk of 12315 compressed: the server takes both.
        self.intake = Client(address, self.tokens["intake"], compression=grpc.Compression.Gzip)
        self.reception = Client(address, self.tokens[reception])
        self.zhaotan = Client(address, self.tokens["zhaotan"])
        self.shifudonglu = Client(address, self.tokens["shifudonglu"])
        self.nobody = Client(address)


def reflect(channel, **question):
    """Asks grpc.reflection.v1; grpcio-reflection has the messages of v1alpha only, which are the same bytes."""
    rpc = channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    return next(rpc(iter([reflection_pb2.ServerReflectionRequest(**question)]), timeout=10))


def walk_open(say, service):
    say.title("无需访问令牌：健康检查与反射 / open to everyone: health and reflection")
    health = health_pb2_grpc.HealthStub(service.nobody.channel)
    for named in ["", *sorted(SERVICES)]:
        answer = health.Check(health_pb2.HealthCheckRequest(service=named), timeout=10)
        serving = health_pb2.HealthCheckResponse.SERVING
        say.equal(f"health: {named or '(whole server)'} is SERVING", answer.status, serving)
    listed = reflect(service.nobody.channel, list_services="")
    served = {one.name for one in listed.list_services_response.service}
    say.check("reflection lists the three services", SERVICES <= served, served)
    found = reflect(service.nobody.channel, file_containing_symbol="triage.v1.IntakeService")
    files = [descriptor_pb2.FileDescriptorProto.FromString(data)
             for data in found.file_descriptor_response.file_descriptor_proto]
    methods = [method.name for file in files for one in file.service for method in one.method]
    say.check("reflection shows the methods of IntakeService", "SubmitStream" in methods, methods)
    say.note("、".join(methods))


def walk_callers(say, service):
    say.title("谁可以调用 / who may call")
    number = {"registration_number": "W-0001"}
    say.refused(
        "no token (无访问令牌)",
        lambda: service.nobody.intake.GetSubmission(**number), "UNAUTHENTICATED", "NO_TOKEN",
    )
    stranger = Client(service.address, "not-a-token-of-this-bureau")
    say.refused(
        "wrong token (错误访问令牌)",
        lambda: stranger.intake.GetSubmission(**number), "UNAUTHENTICATED", "UNKNOWN_TOKEN",
    )
    say.refused(
        "wrong token on a stream (批量登记)",
        lambda: list(stranger.submit_stream([])), "UNAUTHENTICATED", "UNKNOWN_TOKEN",
    )
    stranger.close()
    for said, call in (
        ("a station may not submit (办案单位不能登记)", lambda: service.zhaotan.intake.Submit()),
        ("a station may not read whole submissions", lambda: service.zhaotan.intake.GetSubmission(**number)),
        ("a station may not reassign (改派)", lambda: service.zhaotan.reception.Reassign()),
        ("a station may not read the changes (变更流)", lambda: service.zhaotan.intake.ListChanges()),
        ("intake may not pull (登记系统不能领取)", lambda: service.intake.unit.Pull()),
        ("intake may not search (查找)", lambda: service.intake.unit.Search(registration_number="W-0001")),
        ("reception may not submit (统一接收机构不能登记)", lambda: service.reception.intake.Submit()),
        ("reception has nobody to return a file to (退回)", lambda: service.reception.unit.ReturnFile()),
    ):
        say.refused(said, call, "PERMISSION_DENIED", "NOT_ALLOWED")
    try:
        service.zhaotan.raw("/triage.v1.UnitService/Purge", b"")
        say.check("an unknown method is not answered", False)
    except Refused as refused:
        codes = (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.PERMISSION_DENIED)
        say.check(f"an unknown method is not answered → {refused.code.name}", refused.code in codes, refused)


def main():
    address, callers = sys.argv[1:]
    say = Transcript()
    service = Service(address, callers)
    walk_open(say, service)
    walk_callers(say, service)
    cursor = beginning(say, service)
    walk_intake(say, service)
    walk_units(say, service)
    walk_bad(say, service)
    walk_stream(say, service)
    walk_changes(say, service, cursor)
    print(f"\n{say.checks} 项全部符合预期 / all as expected")


if __name__ == "__main__":
    main()
