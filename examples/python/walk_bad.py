"""Bad requests: each answer names every wrong field at once."""

from datetime import datetime, timedelta, timezone

from google.protobuf import duration_pb2

from samples import ZHAOTAN, at, changed, minutes_ago, part, submission
from triage.v1 import file_codes_pb2, intake_service_pb2, moments_pb2, submissions_pb2, unit_service_pb2

INVALID = ("INVALID_ARGUMENT", "INVALID_FIELDS")
GOOD = "submissions/W-0001/files/complaint"


def walk_bad(say, service):
    intake, unit = service.intake.intake, service.zhaotan.unit
    good = submission("B-0001", ZHAOTAN.format(9), minutes_ago(60), complaint=part("示例投诉内容。"))

    say.title("坏请求 / bad requests: every wrong field is named")
    say.refused("1 empty request (空请求)", lambda: intake.Submit(request_id=""), *INVALID, ["request_id", "submission"])
    say.refused(
        "2 empty submission (空登记件)", lambda: intake.Submit(submission=submissions_pb2.Submission()), *INVALID,
        ["submission.registration_number", "submission.received", "submission.respondent", "submission"],
    )
    say.refused(
        "3 names with spaces, slashes, too long (编号格式)",
        lambda: intake.Submit(request_id="with space", submission=changed(good, registration_number="昆区/1" + "x" * 64)),
        *INVALID, ["request_id", "submission.registration_number"],
    )
    say.refused(
        "4 times that cannot be (时间)",
        lambda: intake.Submit(submission=changed(
            good, received=at(datetime.now(timezone.utc) + timedelta(hours=1)),
            complaint__occurred=moments_pb2.Moment(date="2026-02-30"))),
        *INVALID, ["submission.received", "submission.complaint.occurred.date"],
    )
    say.refused(
        "5 a moment that says nothing, an enum value that is none (空时间、未知取值)",
        lambda: intake.Submit(submission=changed(good, received=moments_pb2.Moment(), channel=0,
                                                 complaint__occurred=moments_pb2.Moment(date="2026/4/15"))),
        *INVALID, ["submission.received", "submission.channel", "submission.complaint.occurred.date"],
    )
    say.refused(
        "6 person and shop (个人与企业信息)",
        lambda: intake.Submit(submission=changed(
            good, channel=99, complainant__name="名" * 201, complainant__phone="12", complainant__id_number="身份证",
            complainant__address="址" * 301, complainant__delivery_address="址" * 301, complainant__email="a@b",
            complainant__payment_account="123", respondent__credit_code="9115", respondent__premises="址" * 301)),
        *INVALID, ["submission.channel", "submission.complainant.name", "submission.complainant.phone",
                   "submission.complainant.id_number", "submission.complainant.address",
                   "submission.complainant.delivery_address", "submission.complainant.email",
                   "submission.complainant.payment_account",
                   "submission.respondent.credit_code", "submission.respondent.premises"],
    )
    say.refused(
        "7 numbers out of range (数值越界)",
        lambda: intake.Submit(submission=changed(good, complaint__amount_fen=-1, complaint__quantity=0)),
        *INVALID, ["submission.complaint.amount_fen", "submission.complaint.quantity"],
    )
    attachment = submissions_pb2.Attachment(name="小票.jpg", media_type="image/jpeg", size_bytes=-1, sha256="abc")
    say.refused(
        "8 attachments (附件)",
        lambda: intake.Submit(submission=changed(good, complaint__attachments=[
            attachment, submissions_pb2.Attachment()])),
        *INVALID, ["submission.complaint.attachments[0].size_bytes", "submission.complaint.attachments[0].sha256",
                   "submission.complaint.attachments[1].name", "submission.complaint.attachments[1].media_type",
                   "submission.complaint.attachments[1].sha256"],
    )
    say.refused(
        "9 text: too long, NUL, a demand too long, demands on a report (文字)",
        lambda: intake.Submit(submission=changed(
            good, complaint__text="长" * 8001, complaint__product="有\0空字符", complaint__demands=["退货", "退" * 201],
            report=part("举报", demands=["赔偿"]))),
        *INVALID, ["submission.complaint.text", "submission.complaint.product", "submission.complaint.demands[1]",
                   "submission.report.demands"],
    )
    say.refused(
        "10 neither name nor premises known, too many demands, blank text (缺被投诉人)",
        lambda: intake.Submit(submission=changed(
            good, respondent=submissions_pb2.Respondent(name="*****", premises="*****"),
            complaint__text=" ", complaint__demands=["退货"] * 11)),
        *INVALID, ["submission.respondent", "submission.complaint.text", "submission.complaint.demands"],
    )
    broken = intake_service_pb2.SubmitRequest(request_id="utf8", submission=good).SerializeToString()
    broken = broken.replace("示例投诉".encode(), b"\xff\xfe\xfd\xfc" * 3)
    say.refused("11 text that is not UTF-8 (不是 UTF-8)",
                lambda: service.intake.raw("/triage.v1.IntakeService/Submit", broken), "INVALID_ARGUMENT", "NOT_DECODABLE")
    say.refused("12 bytes that are no message (不是报文)",
                lambda: service.intake.raw("/triage.v1.IntakeService/Submit", b"\x0a\xff\xff"), "INVALID_ARGUMENT",
                "NOT_DECODABLE")
    say.refused("13 page size and token (页大小、页标)",
                lambda: intake.ListChanges(page_size=-1, page_token="no cursor"), *INVALID, ["page_size", "page_token"])
    units(say, unit)
    say.refused("nothing of all this was kept (均未登记)", lambda: intake.GetSubmission(registration_number="B-0001"),
                "NOT_FOUND", "NOT_FOUND")


def units(say, unit):
    say.refused(
        "14 Pull", lambda: unit.Pull(officer="", max_files=51, wait=duration_pb2.Duration(seconds=61)),
        *INVALID, ["officer", "track", "max_files", "wait"],
    )
    say.refused(
        "15 Pull for an officer of another unit (他单位人员)",
        lambda: unit.Pull(officer="k001", track=file_codes_pb2.TRACK_COMPLAINT, max_files=1), *INVALID, ["officer"],
    )
    say.refused(
        "16 Decide with nothing said",
        lambda: unit.Decide(file="W-0001", officer="k 15", token=0), *INVALID,
        ["file", "officer", "token", "ruling"],
    )
    say.refused(
        "17 Decide: refused without ground and reason, finding without reason (不予受理缺情形)",
        lambda: unit.Decide(file=GOOD, officer="k015", token=1, refused=unit_service_pb2.DecideRequest.Refused(),
                            finding=file_codes_pb2.FINDING_SUSPECTED), *INVALID,
        ["refused.ground", "refused.reason", "finding_reason"],
    )
    say.refused(
        "18 Step of no kind, without a time, a long note (办理)",
        lambda: unit.Step(file=GOOD, officer="k015", token=1, note="长" * 2001), *INVALID, ["kind", "time", "note"],
    )
    say.refused(
        "19 Close with no disposition, a negative amount (办结)",
        lambda: unit.CloseFile(file=GOOD, officer="k015", token=1, recovered_amount_fen=-5), *INVALID,
        ["disposition", "recovered_amount_fen"],
    )
    say.refused("20 Skip without a reason (缺理由)",
                lambda: unit.Skip(file=GOOD, officer="k015", token=1), *INVALID, ["reason"])
    say.refused("21 Search for nothing (查找)", lambda: unit.Search(page_size=-1), *INVALID, ["by", "page_size"])
    say.refused("22 Search by a starred phone", lambda: unit.Search(phone="138****1234"), *INVALID, ["phone"])
