"""What 12315 does with single submissions: hand in, again, masked, differently, amend, withdraw, urge."""

from samples import SHIFUDONGLU, ZHAOTAN, changed, minutes_ago, part, submission
from triage.v1 import decisions_pb2, file_codes_pb2, moments_pb2

COMPLAINT, REPORT = file_codes_pb2.TRACK_COMPLAINT, file_codes_pb2.TRACK_REPORT


def walk_intake(say, service):
    intake = service.intake.intake
    first = first_submission(say, intake)
    again(say, intake, first)
    masked(say, intake)
    two_files(say, intake, service)
    amended(say, intake)
    withdrawn_and_urged(say, intake)


def first_submission(say, intake):
    say.title("登记 / Submit")
    given = submission(
        "W-0001", ZHAOTAN.format(1), minutes_ago(600),
        complaint=part("购买的示例酸奶已过保质期三天，有小票。", demands=["退货", "赔偿损失"], amount_fen=2580,
                       object_category="商品（产品）->食品", problem_category="投诉问题->食品安全", sales_mode="现场购物"),
        id_number="11010519491231002X",
    )
    receipt = intake.Submit(request_id="walk-1", submission=given).receipt
    say.equal("the receipt (回执) is for the number sent", receipt.registration_number, "W-0001")
    say.check("it is new, and recorded", not receipt.repeat and receipt.sequence > 0 and receipt.HasField("recorded_at"))
    say.equal("one file (件)", [d.file for d in receipt.decisions], ["submissions/W-0001/files/complaint"])
    decision = receipt.decisions[0]
    say.equal("routed to the station of the place (属地)", decision.routing.unit, "zhaotan")
    say.equal("and says why", decision.routing.basis, decisions_pb2.BASIS_ONLY_COMPETENT)
    candidates = [(c.unit, c.officers_on_duty, c.chosen) for c in decision.routing.candidates]
    say.equal("with the candidates (候选) considered", candidates, [("zhaotan", 5, True)])
    say.note(f"matched words (匹配文字): {decision.routing.matched_words}")
    say.check("scored from the first complaint on, the vector kept (评分)",
              decision.suspicion.HasField("score") and len(decision.suspicion.vector) > 0
              and decision.suspicion.band in (decisions_pb2.BAND_LOW, decisions_pb2.BAND_MEDIUM, decisions_pb2.BAND_HIGH))
    say.equal("by the shipped model, which says so first (出厂模型)",
              [reason.feature for reason in decision.suspicion.reasons].index("simulated_model"), 0)
    lost = intake.Submit(request_id="walk-1", submission=given).receipt
    say.equal("same request_id again: the stored answer", lost, receipt)
    say.refused(
        "same request_id for something else (请求编号已用)",
        lambda: intake.Submit(request_id="walk-1", submission=changed(given, registration_number="W-0001b")),
        "ALREADY_EXISTS", "REQUEST_ID_REUSED",
    )
    return given, receipt


def again(say, intake, first):
    say.title("重复登记 / the same number again")
    given, receipt = first
    repeat = intake.Submit(submission=given).receipt
    say.check("agreeing facts: the first receipt, marked as a repeat",
              repeat.repeat and repeat.sequence == receipt.sequence and repeat.decisions == receipt.decisions, repeat)
    starred = changed(given, complainant__name="示**", complainant__phone="139****0001", complainant__id_number=None,
                      complaint__text="*****", complaint__product="*****")
    repeat = intake.Submit(submission=starred).receipt
    say.check("masked and missing facts (脱敏、缺失) agree with anything", repeat.repeat, repeat)
    day = (minutes_ago(600)).date().isoformat()
    repeat = intake.Submit(submission=changed(given, received=moments_pb2.Moment(date=day))).receipt
    say.check(f"only the day known ({day}) agrees with any time of it", repeat.repeat, repeat)
    say.refused(
        "differing facts (内容不一致) are named, all of them",
        lambda: intake.Submit(submission=changed(
            given, complainant__phone="13900000002", respondent__name="另一家示例店",
            complaint__amount_fen=99, complaint__demands=["退货"], complaint__text="换了一个说法。",
        )),
        "ALREADY_EXISTS", "FACTS_DIFFER",
        ["submission.complainant.phone", "submission.respondent.name", "submission.complaint.amount_fen",
         "submission.complaint.demands", "submission.complaint.text"],
    )
    refused = say.refused(
        "a part that was not there (举报部分)",
        lambda: intake.Submit(submission=changed(given, report=part("另外举报无证经营。"))),
        "ALREADY_EXISTS", "FACTS_DIFFER", ["submission.report"],
    )
    say.equal("how many fields differ is in the metadata", refused.metadata.get("count"), "1")


def masked(say, intake):
    say.title("先脱敏、后补全 / masked first, told later")
    whole = submission("W-0002", ZHAOTAN.format(2), minutes_ago(590), complaint=part("示例面包发霉，要求退款。"),
                       phone="13900000022")
    starred = changed(whole, complainant__name="*****", complainant__phone="*****", complaint__text="*****")
    first = intake.Submit(submission=starred).receipt
    say.check("a submission with starred fields is taken", not first.repeat)
    again = intake.Submit(submission=whole).receipt
    say.check("the real ones later: a repeat, nothing decided again",
              again.repeat and again.decisions == first.decisions, again)
    file = intake.GetSubmission(registration_number="W-0002").files[0]
    say.equal("what was masked is now known", (file.complainant.phone, file.part.text),
              ("13900000022", "示例面包发霉，要求退款。"))
    say.refused(
        "from now on another phone differs",
        lambda: intake.Submit(submission=changed(whole, complainant__phone="13900000023")),
        "ALREADY_EXISTS", "FACTS_DIFFER", ["submission.complainant.phone"],
    )


def two_files(say, intake, service):
    say.title("投诉与举报各成一件 / complaint and report, two files")
    receipt = intake.Submit(submission=submission(
        "W-0003", ZHAOTAN.format(3), minutes_ago(580),
        complaint=part("示例酸奶变质，要求退货。", demands=["退货"]),
        report=part("举报该店销售过期示例食品。", problem_category="举报问题->食品安全"),
        id_number="110105194912310021", phone="13900000003",
    )).receipt
    say.equal("the report first", [d.track for d in receipt.decisions], [REPORT, COMPLAINT])
    report, complaint = receipt.decisions
    say.check("a report is never scored (举报不评分)",
              not report.HasField("suspicion") and complaint.HasField("suspicion"))
    say.equal("both at the station of the place", {report.routing.unit, complaint.routing.unit}, {"zhaotan"})
    got = intake.GetSubmission(registration_number="W-0003")
    say.equal("GetSubmission reads both back", [f.track for f in got.files], [REPORT, COMPLAINT])
    say.equal("intake sees the link (关联件) from both sides", [f.linked_file for f in got.files],
              ["submissions/W-0003/files/complaint", "submissions/W-0003/files/report"])
    say.equal("a wrong check digit is kept and marked (校验不符)", list(got.files[1].warnings),
              [file_codes_pb2.FACT_WARNING_ID_NUMBER_UNVERIFIED])
    say.equal("reception reads whole submissions too",
              len(service.reception.intake.GetSubmission(registration_number="W-0003").files), 2)
    say.refused("an unknown number (未登记的编号)", lambda: intake.GetSubmission(registration_number="W-9999"),
                "NOT_FOUND", "NOT_FOUND")


def amended(say, intake):
    say.title("补充 / Amend")
    given = submission("W-0004", SHIFUDONGLU.format(4), minutes_ago(570), complaint=part("示例鞋开胶，要求更换。"),
                       phone="13900000004")
    first = intake.Submit(submission=given).receipt
    fixed = changed(given, complaint__amount_fen=39900, complaint__text="示例皮鞋穿两天开胶，要求更换。")
    say.refused("a correction by Submit is refused", lambda: intake.Submit(submission=fixed),
                "ALREADY_EXISTS", "FACTS_DIFFER", ["submission.complaint.text"])
    say.refused("Amend without a reason", lambda: intake.Amend(submission=fixed), "INVALID_ARGUMENT",
                "INVALID_FIELDS", ["reason"])
    answer = intake.Amend(request_id="walk-amend", submission=fixed, reason="投诉人来电更正")
    say.check("the amendment is an event of its own", answer.sequence > first.sequence, answer)
    say.check("the complaint is scored a second time, not routed again",
              answer.rescored.HasField("suspicion") and not answer.rescored.HasField("routing"), answer)
    same = intake.Amend(request_id="walk-amend", submission=fixed, reason="投诉人来电更正")
    say.equal("repeated: the stored answer", same, answer)
    file = intake.GetSubmission(registration_number="W-0004").files[0]
    say.equal("the new facts stand", (file.part.text, file.part.amount_fen), (fixed.complaint.text, 39900))
    say.equal("the first decision stays", file.decision, first.decisions[0])
    say.equal("the second score is beside it", file.rescored, answer.rescored)
    say.check("the amended facts submitted again are a repeat", intake.Submit(submission=fixed).receipt.repeat)
    say.check("so is the first sent, word for word (12315 may send it again)",
              intake.Submit(submission=given).receipt.repeat)
    say.refused("a third sent differs", lambda: intake.Submit(
        submission=changed(given, complaint__text="示例皮鞋断底。", complaint__amount_fen=100)),
        "ALREADY_EXISTS", "FACTS_DIFFER", ["submission.complaint.text", "submission.complaint.amount_fen"])
    say.refused("Amend of an unknown number",
                lambda: intake.Amend(submission=changed(fixed, registration_number="W-9999"), reason="更正"),
                "NOT_FOUND", "NOT_FOUND")


def withdrawn_and_urged(say, intake):
    say.title("撤回与催办 / Withdraw and Urge")
    noted = intake.Withdraw(request_id="walk-withdraw", registration_number="W-0003", reason="商家已退款")
    say.check("the withdrawal (撤回) is noted", noted.sequence > 0)
    say.equal("repeated: the same answer",
              intake.Withdraw(request_id="walk-withdraw", registration_number="W-0003", reason="商家已退款"), noted)
    report, complaint = intake.GetSubmission(registration_number="W-0003").files
    say.check("the complaint is marked, the report goes on (举报继续)",
              complaint.state.HasField("withdrawn_at") and not report.state.HasField("withdrawn_at"))
    say.equal("and still waits for its holder to close it", complaint.state.status, file_codes_pb2.FILE_STATUS_WAITING)
    intake.Urge(registration_number="W-0001", note="投诉人来电询问进展")
    intake.Urge(registration_number="W-0001")
    state = intake.GetSubmission(registration_number="W-0001").files[0].state
    say.equal("two urges (催办) are counted", state.urges, 2)
    say.refused("Urge of an unknown number", lambda: intake.Urge(registration_number="W-9999"),
                "NOT_FOUND", "NOT_FOUND")
    only_report = submission("W-0005", SHIFUDONGLU.format(5), minutes_ago(560), report=part("举报示例店无证经营。"),
                             phone="13900000005", name=None)
    intake.Submit(submission=only_report)
    say.refused("there is no complaint to withdraw in a report alone (仅举报)",
                lambda: intake.Withdraw(registration_number="W-0005"), "NOT_FOUND", "NOT_FOUND")
