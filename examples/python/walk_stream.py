"""A backlog of 1,000 submissions over one bidirectional stream, with bad items in the middle."""

import threading
import time

from samples import BAIYUNLU, changed, minutes_ago, part, submission
from triage_client import Refused
from triage.v1 import intake_service_pb2

ITEMS = 1_000
BAD, CONFLICTING, REPEATED = 500, 700, 900


def item(index, received):
    whole = submission(f"S-{index:04}", BAIYUNLU.format(index), received, phone=f"137{index:08}",
                       complaint=part(f"第{index}件：示例商品质量不好，要求退货。", amount_fen=100 * index))
    if index == BAD:
        whole = changed(whole, complainant__phone="打这个电话", complaint__amount_fen=-1)
    if index == CONFLICTING:
        whole = changed(whole, registration_number="W-0001")
    if index == REPEATED:
        whole = changed(whole, registration_number="S-0000", complaint__text="*****", complaint__amount_fen=0,
                        complainant__phone="*****", respondent__premises=None)
    return intake_service_pb2.SubmitStreamRequest(request_id=f"stream-{index}", submission=whole)


def walk_stream(say, service):
    say.title(f"批量登记 / SubmitStream: {ITEMS} items both ways at once")
    received = minutes_ago(300)
    answered = threading.Event()
    early = False

    def requests():
        nonlocal early
        for index in range(ITEMS):
            if index == ITEMS // 2:
                early = answered.wait(timeout=30)  # the second half is sent once the first answer is there
            yield item(index, received)

    started = time.monotonic()
    answers = {}
    for request_id, answer in service.intake.submit_stream(requests()):
        if request_id in answers:
            say.check("every item is answered once", False, request_id)
        answers[request_id] = answer
        answered.set()
    took = time.monotonic() - started
    say.equal(f"every item is answered, by its request_id ({took:.2f} s)", set(answers),
              {f"stream-{index}" for index in range(ITEMS)})
    say.check("answers came while items were still being sent", early)
    bad = {f"stream-{index}" for index in (BAD, CONFLICTING)}
    refused = {request_id for request_id, answer in answers.items() if isinstance(answer, Refused)}
    say.equal("two items are refused and the stream goes on", refused, bad)
    say.is_refusal("the bad one, with the details of a unary call", answers[f"stream-{BAD}"], "INVALID_ARGUMENT",
                   "INVALID_FIELDS", ["submission.complainant.phone", "submission.complaint.amount_fen"])
    say.check("the conflicting one names its fields too",
              answers[f"stream-{CONFLICTING}"].reason == "FACTS_DIFFER" and answers[f"stream-{CONFLICTING}"].paths)
    say.note("、".join(answers[f"stream-{CONFLICTING}"].paths))
    say.check("the repeat in the stream is answered as one", answers[f"stream-{REPEATED}"].repeat)
    sequences = [answers[f"stream-{index}"].sequence for index in range(ITEMS)
                 if index not in (BAD, CONFLICTING, REPEATED)]
    say.check("they stand in the history in the order sent", sequences == sorted(set(sequences)))
    units = {answers[f"stream-{index}"].decisions[0].routing.unit for index in range(BAD)}
    say.equal("all at the station of the place", units, {"baiyunlu"})
    again = dict(service.intake.submit_stream([item(index, received) for index in (0, 1, 2)]))
    say.check("sent again under the same request_ids: the stored answers",
              all(again[f"stream-{index}"] == answers[f"stream-{index}"] for index in (0, 1, 2)))
    missing = intake_service_pb2.SubmitStreamRequest()
    (request_id, answer), = service.intake.submit_stream([missing])
    say.is_refusal(f"an empty item is answered too (request_id {request_id!r})", answer, "INVALID_ARGUMENT",
                   "INVALID_FIELDS", ["request_id", "submission"])
