"""What stations and the reception unit do with files: pull, skip, sign for, decide, step, close, return, reassign."""

import json
import time
from datetime import datetime, timedelta, timezone

from google.protobuf import duration_pb2

from samples import ZHAOTAN, minutes_ago, part, submission, timestamp
from triage_client import in_background
from triage.v1 import decisions_pb2, file_codes_pb2, reception_service_pb2, unit_service_pb2

COMPLAINT, REPORT = file_codes_pb2.TRACK_COMPLAINT, file_codes_pb2.TRACK_REPORT
Decide = unit_service_pb2.DecideRequest
RecordAct = unit_service_pb2.RecordActRequest
LOST = ("FAILED_PRECONDITION", "LEASE_LOST")
ENDED = ("FAILED_PRECONDITION", "FILE_ENDED")
UNFIT = ("FAILED_PRECONDITION", "WRONG_STATE")
UNKNOWN = ("NOT_FOUND", "NOT_FOUND")
INVALID = ("INVALID_ARGUMENT", "INVALID_FIELDS")
OFFICER, COLLEAGUE, OTHER_OFFICER, RECEPTIONIST = "k015", "k016", "k055", "k001"


def name(number, track="complaint"):
    return f"submissions/{number}/files/{track}"


def walk_units(say, service):
    files = pulls(say, service)
    skipped(say, service)
    accepted(say, service, files)
    refused_and_withdrawn(say, service, files)
    reports(say, service)
    late(say, service)
    returned(say, service)
    unknown_place(say, service)
    terms(say, service)
    challenged(say, service)
    found(say, service)


def pulls(say, service):
    say.title("领取 / Pull")
    zhaotan = service.zhaotan.unit
    asked = {"request_id": "walk-pull", "officer": OFFICER, "track": COMPLAINT, "max_files": 3}
    answer = zhaotan.Pull(**asked)
    numbers = [file.registration_number for file in answer.files]
    say.equal("complaints in order of their receive time (登记时间)", numbers, ["W-0001", "W-0002", "W-0003"])
    states = [file.state for file in answer.files]
    say.check("each is leased, with a token (领取凭证) and an end", all(s.HasField("token") and s.HasField("leased_until")
                                                              for s in states))
    minutes = (states[0].leased_until.seconds - time.time()) / 60
    say.check(f"the lease lasts what the bureau file says ({minutes:.1f} min)", 9 < minutes <= 10)
    say.equal("the unit sees the complaint's own part", answer.files[0].part.demands, ["退货", "赔偿损失"])
    say.check("and is not told of the report of the same number", not answer.files[2].HasField("linked_file"))
    say.equal("urges (催办) are shown", states[0].urges, 2)
    say.equal("same request_id: the same files again", zhaotan.Pull(**asked), answer)
    say.equal("nobody else gets a leased file",
              len(zhaotan.Pull(officer=COLLEAGUE, track=COMPLAINT, max_files=5).files), 0)
    longer = zhaotan.Extend(file=name("W-0001"), officer=OFFICER, token=states[0].token).progress
    say.check("Extend (续领) moves the end of the lease", longer.leased_until.seconds >= states[0].leased_until.seconds)
    say.equal("the token stays good", longer.token, states[0].token)
    long_poll(say, service)
    return {file.registration_number: file.state.token for file in answer.files}


def long_poll(say, service):
    zhaotan = service.zhaotan.unit
    started = time.monotonic()
    waited = duration_pb2.Duration(seconds=1)
    none = zhaotan.Pull(officer=OFFICER, track=COMPLAINT, max_files=1, wait=waited)
    took = time.monotonic() - started
    say.check(f"long-poll: nothing comes, answered empty after the wait ({took:.2f} s)",
              not none.files and 0.9 < took < 3)
    waited = duration_pb2.Duration(seconds=30)
    waiting = in_background(lambda: (zhaotan.Pull(officer=OFFICER, track=COMPLAINT, max_files=1, wait=waited),
                                     time.monotonic()))
    time.sleep(0.5)
    service.intake.intake.Submit(submission=submission(
        "W-0010", ZHAOTAN.format(10), minutes_ago(500), complaint=part("示例牛奶有异味。"), phone="13900000010"))
    acknowledged = time.monotonic()
    answer, at = waiting(40)
    say.equal("long-poll: a file comes in, its unit has it", [f.registration_number for f in answer.files], ["W-0010"])
    say.check(f"as soon as it is there ({(at - acknowledged) * 1000:.0f} ms after the receipt)", at - acknowledged < 1)
    service.tokens["W-0010"] = answer.files[0].state.token


def skipped(say, service):
    say.title("跳过 / Skip")
    zhaotan = service.zhaotan.unit
    token = service.tokens["W-0010"]
    given_up = zhaotan.Skip(file=name("W-0010"), officer=OFFICER, token=token, reason="等待补充材料").progress
    say.equal("the file waits again", given_up.status, file_codes_pb2.FILE_STATUS_WAITING)
    none = zhaotan.Pull(officer=COLLEAGUE, track=COMPLAINT, max_files=5)
    say.equal("and is not offered to this unit for one lease length", len(none.files), 0)
    say.refused("signing with the token of the lease given up",
                lambda: zhaotan.SignFor(file=name("W-0010"), officer=OFFICER, token=token), *LOST)
    say.refused("or with the token that Skip answered",
                lambda: zhaotan.SignFor(file=name("W-0010"), officer=OFFICER, token=given_up.token), *LOST)


def accepted(say, service, tokens):
    say.title("签收、受理、办理、办结 / SignFor, Decide: accept, Step, Close")
    zhaotan = service.zhaotan.unit
    mine = {"file": name("W-0001"), "officer": OFFICER}
    accept = {"accepted": Decide.Accepted(), "finding": file_codes_pb2.FINDING_NOT_SUSPECTED, "finding_reason": "首次投诉，有购物小票"}
    say.refused("deciding before signing for it (未签收)",
                lambda: zhaotan.Decide(**mine, token=tokens["W-0001"], **accept), *UNFIT)
    signed = zhaotan.SignFor(**mine, token=tokens["W-0001"]).progress
    say.equal("signed for (签收)", signed.status, file_codes_pb2.FILE_STATUS_SIGNED_FOR)
    say.refused("a ruling of the other track (立案用于举报)",
                lambda: zhaotan.Decide(**mine, token=signed.token, filed=Decide.Filed(),
                                       finding=file_codes_pb2.FINDING_NOT_SUSPECTED, finding_reason="无"), *INVALID, ["filed"])
    say.refused("a complaint without a finding (缺认定)",
                lambda: zhaotan.Decide(**mine, token=signed.token, accepted=Decide.Accepted()),
                *INVALID, ["finding", "finding_reason"])
    check = zhaotan.CheckDecision(decide=Decide(**mine, token=signed.token, request_id="walk-check", **accept))
    say.equal("checked before (决定前体检): nothing speaks against it, and the complainant is to be told",
              (len(check.objections), len(check.warnings), len(check.to_tell)), (0, 0, 1))
    decided = zhaotan.Decide(**mine, token=signed.token, request_id="walk-decide", **accept).progress
    say.equal("accepted (受理), with the officer's finding (认定)", decided.status, file_codes_pb2.FILE_STATUS_ACCEPTED)
    say.equal("repeated: the stored answer",
              zhaotan.Decide(**mine, token=signed.token, request_id="walk-decide", **accept).progress, decided)
    stale = say.refused(
        "a step with the version before (版本已变)",
        lambda: zhaotan.Step(**mine, token=signed.token, kind=file_codes_pb2.STEP_KIND_SITE_VISIT,
                             time=timestamp(minutes_ago(1))),
        "ABORTED", "VERSION_STALE",
    )
    say.equal("the version that holds now is in the metadata", stale.metadata["version"], str(decided.token))
    stepped = zhaotan.Step(**mine, token=decided.token, kind=file_codes_pb2.STEP_KIND_MEDIATION,
                           time=timestamp(minutes_ago(1)), note="双方同意退货").progress
    say.check("a step (办理) is noted, the version moves on", stepped.token > decided.token)
    drafts = zhaotan.GetFile(file=mine["file"]).drafts
    say.check("the text of the notice that is owed is prepared (告知文书草稿)",
              [draft.subject for draft in drafts] == [file_codes_pb2.NOTICE_SUBJECT_ACCEPTANCE] and "第十五条" in drafts[0].text)
    notice = RecordAct.Notice(subject=file_codes_pb2.NOTICE_SUBJECT_ACCEPTANCE, to=file_codes_pb2.PARTY_SENDER,
                              means=file_codes_pb2.NOTICE_MEANS_PLATFORM, proof="平台反馈第88号")
    today = datetime.now(timezone(timedelta(hours=8))).date().isoformat()
    say.refused("a notice of long ago keeps no duty (告知日期有误)",
                lambda: zhaotan.RecordAct(**mine, token=stepped.token, done_on="2020-01-02", notice=notice),
                *INVALID, ["done_on"])
    stepped = zhaotan.RecordAct(**mine, token=stepped.token, done_on=today, notice=notice).progress
    history = zhaotan.GetFile(file=mine["file"])
    say.check("told (告知): nothing is owed to tell, and the acts are read back in order (办理记录)",
              not history.drafts and history.acts[-1].title.startswith("告知") and history.acts[-1].officer == OFFICER)
    say.refused("a step tomorrow",
                lambda: zhaotan.Step(**mine, token=stepped.token, kind=file_codes_pb2.STEP_KIND_OTHER,
                                     time=timestamp(minutes_ago(-60))), *INVALID, ["time"])
    say.refused("a disposition of the other track (行政处罚用于举报)",
                lambda: zhaotan.CloseFile(**mine, token=stepped.token, disposition=file_codes_pb2.DISPOSITION_PENALISED),
                *INVALID, ["disposition"])
    closed = zhaotan.CloseFile(**mine, token=stepped.token, disposition=file_codes_pb2.DISPOSITION_SETTLED,
                           recovered_amount_fen=2580, note="调解成功").progress
    say.equal("closed (办结)", closed.status, file_codes_pb2.FILE_STATUS_CLOSED)
    state = service.intake.intake.GetSubmission(registration_number="W-0001").files[0].state
    seen = (state.status, state.officer, state.finding, state.disposition, state.recovered_amount_fen)
    say.equal("12315 reads it so", seen, (file_codes_pb2.FILE_STATUS_CLOSED, OFFICER, file_codes_pb2.FINDING_NOT_SUSPECTED,
                                          file_codes_pb2.DISPOSITION_SETTLED, 2580))
    for said, call in (
        ("a step on an ended file (已办结)", lambda: zhaotan.Step(
            **mine, token=closed.token, kind=file_codes_pb2.STEP_KIND_OTHER, time=timestamp(minutes_ago(1)))),
        ("signing for it again", lambda: zhaotan.SignFor(**mine, token=closed.token)),
        ("returning it", lambda: zhaotan.ReturnFile(**mine, token=closed.token, reason="不属本所")),
    ):
        ended = say.refused(said, call, *ENDED)
    say.equal("the status is in the metadata", ended.metadata["status"], "FILE_STATUS_CLOSED")


def refused_and_withdrawn(say, service, tokens):
    say.title("不予受理；撤回后办结 / Decide: refuse; close a withdrawn complaint")
    zhaotan = service.zhaotan.unit
    mine = {"file": name("W-0002"), "officer": OFFICER}
    signed = zhaotan.SignFor(**mine, token=tokens["W-0002"]).progress
    ground = file_codes_pb2.REFUSAL_GROUND_NOT_FOR_CONSUMPTION
    ended = zhaotan.Decide(**mine, token=signed.token, finding=file_codes_pb2.FINDING_SUSPECTED, finding_reason="同类投诉多件",
                           refused=Decide.Refused(ground=ground, reason="不能证明为生活消费需要")).progress
    say.equal("refused with a ground (16-3) and the officer's reason: ended", ended.status,
              file_codes_pb2.FILE_STATUS_REFUSED)
    state = service.intake.intake.GetSubmission(registration_number="W-0002").files[0].state
    say.equal("12315 reads ground and finding", (state.ground, state.finding), (ground, file_codes_pb2.FINDING_SUSPECTED))
    say.refused("nothing more can be done on it", lambda: zhaotan.CloseFile(
        **mine, token=ended.token, disposition=file_codes_pb2.DISPOSITION_SETTLED), *ENDED)
    mine["file"] = name("W-0003")
    signed = zhaotan.SignFor(**mine, token=tokens["W-0003"]).progress
    closed = zhaotan.CloseFile(**mine, token=signed.token, disposition=file_codes_pb2.DISPOSITION_WITHDRAWN).progress
    say.equal("a withdrawn complaint is closed by its holder", closed.status, file_codes_pb2.FILE_STATUS_CLOSED)


def reports(say, service):
    say.title("举报：立案、不予立案 / reports: filed, not filed")
    zhaotan, other = service.zhaotan.unit, service.shifudonglu.unit
    file = zhaotan.Pull(officer=OFFICER, track=REPORT, max_files=1).files[0]
    say.equal("the report of a withdrawn complaint goes on", file.name, name("W-0003", "report"))
    say.equal("its holder sees the complaint beside it (关联件)", file.linked_file, name("W-0003"))
    say.check("no score on a report", not file.decision.HasField("suspicion"))
    mine = {"file": file.name, "officer": OFFICER}
    signed = zhaotan.SignFor(**mine, token=file.state.token).progress
    say.refused("a finding on a report is refused (举报不作认定)",
                lambda: zhaotan.Decide(**mine, token=signed.token, filed=Decide.Filed(),
                                       finding=file_codes_pb2.FINDING_SUSPECTED, finding_reason="无"),
                *INVALID, ["finding", "finding_reason"])
    longer = {"approved_by": "示例局长", "reason": "需要进一步核查"}
    prolonged = zhaotan.Prolong(**mine, token=signed.token, **longer).progress
    say.refused("prolonged once, not twice (延长核查期限)",
                lambda: zhaotan.Prolong(**mine, token=prolonged.token, **longer), *INVALID, ["file"])
    filed = zhaotan.Decide(**mine, token=prolonged.token, filed=Decide.Filed()).progress
    say.equal("filed (立案)", filed.status, file_codes_pb2.FILE_STATUS_FILED)
    closed = zhaotan.CloseFile(**mine, token=filed.token, disposition=file_codes_pb2.DISPOSITION_PENALISED).progress
    say.equal("and closed with a penalty (行政处罚)", closed.status, file_codes_pb2.FILE_STATUS_CLOSED)
    file = other.Pull(officer=OTHER_OFFICER, track=REPORT, max_files=1).files[0]
    mine = {"file": file.name, "officer": OTHER_OFFICER}
    signed = other.SignFor(**mine, token=file.state.token).progress
    ended = other.Decide(**mine, token=signed.token, not_filed=Decide.NotFiled(reason="经核查未发现违法行为")).progress
    say.equal("not filed (不予立案): ended", ended.status, file_codes_pb2.FILE_STATUS_NOT_FILED)


def late(say, service):
    say.title("迟到与越权的答复 / late and foreign answers")
    other, zhaotan = service.shifudonglu.unit, service.zhaotan.unit
    file = other.Pull(officer=OTHER_OFFICER, track=COMPLAINT, max_files=1).files[0]
    say.equal("the other station holds its own file", file.name, name("W-0004"))
    say.refused("another unit's lease (他单位的件)", lambda: zhaotan.SignFor(
        file=file.name, officer=OFFICER, token=file.state.token), *UNKNOWN)
    say.refused("an officer of another unit", lambda: other.SignFor(
        file=file.name, officer=OFFICER, token=file.state.token), *INVALID, ["officer"])
    say.refused("a token that never was (领取凭证不符)", lambda: other.SignFor(
        file=file.name, officer=OTHER_OFFICER, token=file.state.token + 1000), *LOST)
    say.refused("a file that is not there", lambda: other.SignFor(
        file=name("W-9999"), officer=OTHER_OFFICER, token=1), *UNKNOWN)
    service.tokens["W-0004"] = file.state.token


def returned(say, service):
    say.title("退回与改派 / Return and Reassign")
    other, zhaotan, reception = service.shifudonglu.unit, service.zhaotan.unit, service.reception
    mine = {"file": name("W-0004"), "officer": OTHER_OFFICER}
    signed = other.SignFor(**mine, token=service.tokens["W-0004"]).progress
    back = other.ReturnFile(**mine, token=signed.token, reason="经营地址不在本辖区").progress
    say.equal("given back for want of competence (退回)", back.status, file_codes_pb2.FILE_STATUS_WAITING)
    say.refused("the unit that gave it back knows it no more", lambda: other.Step(
        **mine, token=back.token, kind=file_codes_pb2.STEP_KIND_OTHER, time=timestamp(minutes_ago(1))), *UNKNOWN)
    for said, unit, fields in (
        ("reassigned to a unit that is not there", "nowhere", ["unit"]),
        ("reassigned to where it is already", "jieshou", ["unit"]),
        ("reassigned without naming a unit", "", ["unit"]),
    ):
        say.refused(said, lambda unit=unit: reception.reception.Reassign(
            file=name("W-0004"), unit=unit, reason="核对地址"), *INVALID, fields)
    leased = reception.unit.Pull(officer=RECEPTIONIST, track=COMPLAINT, max_files=1).files[0]
    say.equal("reception has it in its own queue", leased.name, name("W-0004"))
    request = {"request_id": "walk-reassign", "file": leased.name, "unit": "zhaotan", "reason": "地址核对后属沼潭辖区"}
    sent = reception.reception.Reassign(**request)
    say.check("reception sends it on (改派), the lease ends", sent.sequence > back.sequence)
    say.equal("repeated: the stored answer", reception.reception.Reassign(**request), sent)
    say.refused("reception signs for it too late", lambda: reception.unit.SignFor(
        file=leased.name, officer=RECEPTIONIST, token=leased.state.token), *UNKNOWN)
    file = zhaotan.Pull(officer=COLLEAGUE, track=COMPLAINT, max_files=1).files[0]
    say.equal("the new unit pulls it", (file.name, file.state.unit), (leased.name, "zhaotan"))
    say.equal("the first decision stays as it was", file.decision.routing.unit, "shifudonglu")
    superseded(say, service, file)


def superseded(say, service, file):
    """A lease that was given up; the file goes away and comes back, and then the old answer comes in, too late."""
    zhaotan, reception = service.zhaotan.unit, service.reception.reception
    mine = {"file": file.name, "officer": COLLEAGUE}
    say.refused("a file on which a unit holds a lease stays with it (领取中不改派)", lambda: reception.Reassign(
        file=file.name, unit="shifudonglu", reason="地址再次核对"), "FAILED_PRECONDITION", "LEASED")
    zhaotan.Skip(**mine, token=file.state.token, reason="等待统一接收机构核对地址")
    reception.Reassign(file=file.name, unit="shifudonglu", reason="地址再次核对")
    say.refused("the lease went with the file", lambda: zhaotan.SignFor(**mine, token=file.state.token), *UNKNOWN)
    reception.Reassign(file=file.name, unit="zhaotan", reason="维持原分送")
    say.refused("even when it is back: the old lease is lost (领取已失效)",
                lambda: zhaotan.SignFor(**mine, token=file.state.token), *LOST)
    again = zhaotan.Pull(officer=COLLEAGUE, track=COMPLAINT, max_files=1).files[0]
    say.check("the new lease has a higher token", again.name == file.name and again.state.token > file.state.token)
    say.refused("and the superseded one stays lost", lambda: zhaotan.SignFor(**mine, token=file.state.token), *LOST)
    say.refused("for Extend and Skip as well", lambda: zhaotan.Extend(**mine, token=file.state.token), *LOST)
    signed = zhaotan.SignFor(**mine, token=again.state.token).progress
    say.equal("signed for with the new one", signed.status, file_codes_pb2.FILE_STATUS_SIGNED_FOR)


def unknown_place(say, service):
    say.title("地点不明 / unknown place")
    receipt = service.intake.intake.Submit(submission=submission(
        "W-0020", None, minutes_ago(400), complaint=part("网上买的示例茶叶是假货。"), phone="13900000020")).receipt
    routing = receipt.decisions[0].routing
    say.equal("goes to the reception unit, with the reason", (routing.unit, routing.basis),
              ("jieshou", decisions_pb2.BASIS_NO_PLACE))
    reception = service.reception.unit
    file = reception.Pull(officer=RECEPTIONIST, track=COMPLAINT, max_files=1).files[0]
    mine = {"file": file.name, "officer": RECEPTIONIST}
    signed = reception.SignFor(**mine, token=file.state.token).progress
    ended = reception.Decide(
        **mine, token=signed.token, finding=file_codes_pb2.FINDING_UNDETERMINED, finding_reason="信息不足",
        refused=Decide.Refused(ground=file_codes_pb2.REFUSAL_GROUND_NOT_OUR_DUTY, reason="经营者住所地不在本辖区"),
    ).progress
    say.equal("reception handles it as every unit does", ended.status, file_codes_pb2.FILE_STATUS_REFUSED)


def terms(say, service):
    say.title("期限与均衡建议 / ListDue and ProposeRebalance")
    zhaotan, reception = service.zhaotan.unit, service.reception
    listed = zhaotan.ListDue(within_working_days=60).terms
    say.check("running terms of the unit's own files, each with its article (依据)",
              listed and all(term.unit == "zhaotan" and "条" in term.deadline.article for term in listed))
    days = [term.deadline.due_on for term in listed]
    say.equal("the earliest first, those without a number of days last (届满日、未定日数)", days,
              sorted(days, key=lambda day: day or "9999-12-31"))
    say.check("reception sees all", len(reception.unit.ListDue(within_working_days=60).terms) >= len(listed))
    proposals = reception.reception.ProposeRebalance().proposals
    say.check("moves are proposed and nothing moves by it (均衡建议)",
              all(one.to_load_after < one.from_load_before for one in proposals))


def challenged(say, service):
    say.title("复议 / OpenReview and EndReview")
    reception = service.reception.reception
    mine = {"file": name("W-0002")}
    opened = reception.OpenReview(**mine, kind=file_codes_pb2.REVIEW_KIND_RECONSIDERATION, authority="示例市人民政府",
                                  received_on=f"{minutes_ago(0):%Y-%m-%d}").sequence
    state = service.intake.intake.GetSubmission(registration_number="W-0002").files[0].state
    say.equal("the review stands on the file, with the decision challenged", (state.reviews[0].review,
              state.reviews[0].challenged), (opened, file_codes_pb2.FILE_STATUS_REFUSED))
    reception.EndReview(**mine, review=opened, outcome=file_codes_pb2.REVIEW_OUTCOME_REDO_ORDERED, on_merits=True)
    state = service.intake.intake.GetSubmission(registration_number="W-0002").files[0].state
    say.equal("it is to be decided again (责令重作), and was no professional claim", (state.status, state.finding),
              (file_codes_pb2.FILE_STATUS_WAITING, file_codes_pb2.FINDING_NOT_SUSPECTED))
    say.refused("a review ends once", lambda: reception.EndReview(
        **mine, review=opened, outcome=file_codes_pb2.REVIEW_OUTCOME_UPHELD), *INVALID, ["review"])


def found(say, service):
    say.title("查找 / Search")
    zhaotan, other, reception = service.zhaotan.unit, service.shifudonglu.unit, service.reception.unit
    names = lambda answer: [file.name for file in answer.files]
    say.equal("by number (登记编号)", names(zhaotan.Search(registration_number="W-0001")), [name("W-0001")])
    say.equal("by phone (联系电话), however it is written", names(zhaotan.Search(phone="+86 139-0000-0022")),
              [name("W-0002")])
    say.equal("by document number (证件号码)", names(zhaotan.Search(id_number="11010519491231002x")),
              [name("W-0001")])
    say.equal("another unit's file is not found", names(other.Search(registration_number="W-0001")), [])
    first = zhaotan.Search(shop_prefix="示例惠民", page_size=2)
    seen, page = names(first), first
    while page.next_page_token:
        page = zhaotan.Search(shop_prefix="示例惠民", page_size=2, page_token=page.next_page_token)
        seen += names(page)
    say.check(f"by the beginning of the shop's name, page by page ({len(seen)} files)",
              len(first.files) == 2 and len(set(seen)) == len(seen) and name("W-0010") in seen, seen)
    say.check("newest first", seen.index(name("W-0010")) < seen.index(name("W-0001")), seen)
    html = dict(registration_number="W-0001", format=unit_service_pb2.EVIDENCE_FORMAT_HTML)
    sheet = zhaotan.GetEvidence(**html)
    say.check("the evidence sheet of its complaint (依据材料), the same again", "评分仅供参考" in sheet.document.decode()
              and sheet == zhaotan.GetEvidence(**html), sheet.media_type)
    say.refused("another unit gets none", lambda: other.GetEvidence(**html), *UNKNOWN)
    whole = dict(file=name("W-0001"), format=unit_service_pb2.EVIDENCE_FORMAT_HTML)
    dossier = zhaotan.GetDossier(**whole)
    say.check("the reconsideration file (应诉卷), the same again, and one for the applicant (对外)",
              "证据目录" in dossier.document.decode() and dossier == zhaotan.GetDossier(**whole)
              and "申请人查阅" in zhaotan.GetDossier(
                  **whole, outward=True, reader=unit_service_pb2.DOSSIER_READER_SENDER).document.decode(), dossier.media_type)
    say.refused("another unit gets no dossier either", lambda: other.GetDossier(**whole), *UNKNOWN)
    say.equal("nothing that speaks of a danger waits to be looked at (危险提示)",
              names(zhaotan.ListFiles(track=COMPLAINT, flagged_only=True)), [])
    year = minutes_ago(0).year
    asked = dict(from_on=f"{year - 1}-01-01", to_on=f"{year}-12-31", format=reception_service_pb2.FIGURES_FORMAT_JSON)
    figures = json.loads(service.reception.reception.GetFigures(**asked).document)
    say.check("the figures of two years (年度统计)", figures["whole"]["complaints"] > 0, figures["whole"])
    say.note(f"reception finds (统一接收机构): {names(reception.Search(shop_prefix='示例惠民'))}")
