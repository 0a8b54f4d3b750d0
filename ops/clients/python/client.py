"""One call from Python: client.py ADDRESS NUMBER, with the token in TRIAGE_TOKEN. Prints the unit that got the file."""

import os
import sys

import grpc
from triage.v1 import intake_service_pb2, intake_service_pb2_grpc, moments_pb2, submissions_pb2

address, number = sys.argv[1:]
submission = submissions_pb2.Submission(
    registration_number=number,
    received=moments_pb2.Moment(date="2026-06-01"),
    channel=submissions_pb2.RECEIPT_CHANNEL_PLATFORM,
    respondent=submissions_pb2.Respondent(name="测试商店", premises="昆都仑区友谊大街街道1号"),
    complaint=submissions_pb2.Part(text="购买的商品有质量问题，要求退款。"),
)
with grpc.insecure_channel(address) as channel:
    answer = intake_service_pb2_grpc.IntakeServiceStub(channel).Submit(
        intake_service_pb2.SubmitRequest(request_id=number, submission=submission),
        metadata=[("authorization", f"Bearer {os.environ['TRIAGE_TOKEN']}")],
        timeout=10,
    )
print(answer.receipt.decisions[0].routing.unit)
