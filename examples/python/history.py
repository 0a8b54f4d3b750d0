"""Real input: a platform export goes through the service as if just received.

    python history.py FILE.xlsx --address HOST:PORT --data DIR [--database URL] [--first 700] [--out RESULT.jsonl]

The first rows are submitted, pulled, signed for, decided and closed as their officers did; a model is fitted on the
findings and put to use; the rest is submitted and must come back scored, with reasons, and routed.
"""

import argparse
import json
import time
from collections import Counter, defaultdict
from pathlib import Path

import export_file
from officers import Officers
from figures import pr_auc, quantile, roc_auc, table
from office import Office
from transcript import Transcript
from triage_client import Client, Refused
from triage.v1 import decisions_pb2, intake_service_pb2, views_pb2

BANDS = decisions_pb2.Band.DESCRIPTOR.values_by_number
FACTORS = decisions_pb2.Factor.DESCRIPTOR.values_by_number
CHINESE = {"LOW": "低", "MEDIUM": "中", "HIGH": "高", "INSUFFICIENT": "信息不足", "NOT_SCORED": "未评分"}


class Clock:
    """Wall times of the parts of a run, printed at the end."""

    def __init__(self):
        self.parts = []

    def time(self, what, call):
        started = time.monotonic()
        answer = call()
        self.parts.append((what, f"{time.monotonic() - started:.2f} s"))
        return answer


# The reception unit decides (统一接收机构): there may be no competent unit to name.
RECEPTION_DECIDES = (
    decisions_pb2.BASIS_UNKNOWN_PLACE, decisions_pb2.BASIS_NO_PLACE, decisions_pb2.BASIS_SEVERAL_PLACES,
    decisions_pb2.BASIS_ELSEWHERE, decisions_pb2.BASIS_NEAR_PLACE, decisions_pb2.BASIS_NO_PUBLISHED_ADDRESS,
    decisions_pb2.BASIS_PLATFORM_ELSEWHERE, decisions_pb2.BASIS_PLATFORM_MAY, decisions_pb2.BASIS_PUBLISHER_UNKNOWN,
    decisions_pb2.BASIS_AT_CAPACITY, decisions_pb2.BASIS_RECUSED,
)


def submit_streamed(intake, rows):
    """A backlog: one stream. The decision of each row's file."""
    requests = (intake_service_pb2.SubmitStreamRequest(request_id=row.number, submission=row.submission)
                for row in rows)
    by_number = {}
    for request_id, answer in intake.submit_stream(requests):
        if isinstance(answer, Refused):
            raise SystemExit(f"✗ {request_id}: {answer}")
        by_number[request_id] = answer.decisions[0]
    return {row.file: by_number[row.number] for row in rows}


def submit_singly(intake, rows, latencies):
    """As they come on a day: one call each. The decision of each row's file."""
    decisions = {}
    for row in rows:
        started = time.monotonic()
        receipt = intake.intake.Submit(submission=row.submission).receipt
        latencies.append((time.monotonic() - started) * 1000)
        decisions[row.file] = receipt.decisions[0]
    return decisions


def check_decisions(say, rows, decisions):
    complaints = [row for row in rows if row.is_complaint]
    suspicions = {row.number: decisions[row.file].suspicion for row in complaints}
    for what, holds in (
        ("a score (概率)", lambda s: s.HasField("score") and 0 <= s.score <= 1),
        ("reasons (理由)",
         lambda s: len(s.reasons) > 0 and all(r.text for r in s.reasons)),
        ("a band (档次)", lambda s: band(s) in ("LOW", "MEDIUM", "HIGH", "INSUFFICIENT")),
        ("a model id (模型编号)", lambda s: s.HasField("model")),
        ("the bureau's own model (不再是出厂模型)",
         lambda s: all(r.feature != "simulated_model" for r in s.reasons)),
    ):
        without = [number for number, suspicion in suspicions.items() if not holds(suspicion)]
        say.check(f"each of the {len(complaints)} complaints has {what}", not without,
                  "".join(f"{number}: {suspicions[number]}" for number in without[:2]))
    reports = [row for row in rows if not row.is_complaint]
    scored = [row.number for row in reports if decisions[row.file].HasField("suspicion")]
    say.check(f"none of the {len(reports)} reports has a score (举报不评分)", not scored, scored[:10])
    check_routing(say, rows, decisions)


def check_routing(say, rows, decisions):
    routings = {row.number: decisions[row.file].routing for row in rows}
    say.check(f"each of the {len(rows)} items has a unit", all(routing.unit for routing in routings.values()))
    without = [number for number, routing in routings.items()
               if routing.basis not in RECEPTION_DECIDES
               and [c.unit for c in routing.candidates if c.chosen] != [routing.unit]]
    say.check("and its candidates, the chosen one among them (地点不明的除外)", not without, without[:10])
    least = [number for number, routing in routings.items()
             if routing.basis == decisions_pb2.BASIS_LEAST_LOAD
             and share_of(chosen(routing), routing) - 1e-9 > min(
                 share_of(c, routing) for c in routing.candidates if not c.HasField("barred"))]
    say.check("where work decided, the chosen one was assigned the least this month (本月分得最少)", not least, least[:10])


def share_of(candidate, routing):
    """Work assigned this month per officer of this month, this file included; a unit with nobody there is the last."""
    if not candidate.officers_this_month:
        return float("inf")
    return (candidate.assigned_work_units + routing.work_units) / candidate.officers_this_month


def chosen(routing):
    return next(candidate for candidate in routing.candidates if candidate.chosen)


def band(suspicion):
    return BANDS[suspicion.band].name.removeprefix("BAND_")


def show_bands(say, rows, decisions):
    say.title("档次与承办人标注（未参与训练的投诉）/ bands against the marks of those not trained on")
    counts = Counter((band(decisions[row.file].suspicion), row.mark) for row in rows if row.is_complaint)
    marks = ("是", "否", "")
    table(
        ("档次 band", "是 suspected", "否 not", "空白 blank", "合计"),
        [(f"{chinese} {name}", *(counts[name, mark] for mark in marks), sum(counts[name, mark] for mark in marks))
         for name, chinese in CHINESE.items() if any(counts[name, mark] for mark in marks)],
    )
    pairs = [(decisions[row.file].suspicion.score, row.mark == "是") for row in rows
             if row.is_complaint and row.mark]
    say.note(f"{len(pairs)} 件有标注，其中“是” {sum(one for _, one in pairs)} 件："
             f"ROC-AUC {roc_auc(pairs):.4f}，PR-AUC {pr_auc(pairs):.4f}")


def show_reasons(say, rows, decisions):
    say.title("五件的理由 / reasons of five items")
    scored = sorted((row for row in rows if row.is_complaint),
                    key=lambda row: (-decisions[row.file].suspicion.score, row.number))
    last = len(scored) - 1
    for position in (0, last // 10, last // 4, last // 2, last):
        row = scored[position]
        suspicion = decisions[row.file].suspicion
        say.note(f"{row.number} 第 {position + 1} 位：概率 {suspicion.score:.4f}，对数几率 {suspicion.log_odds:+.3f}，"
                 f"{CHINESE[band(suspicion)]}，标注“{row.mark}”，送 {decisions[row.file].routing.unit}")
        for reason in suspicion.reasons:
            factor = FACTORS[reason.factor].name.removeprefix("FACTOR_")
            say.note(f"    {reason.contribution:+.3f}  {reason.text}（{factor}，{reason.feature}）"
                     + (f" 依据 {'、'.join(reason.records)}" if reason.records else ""))


def show_loads(say, title, rows, decisions, officers):
    say.title(title)
    units = defaultdict(lambda: {"complaints": 0, "reports": 0, "work": 0.0})
    duty = {unit: len(named) for unit, named in officers.officers.items()}
    for row in rows:
        routing = decisions[row.file].routing
        mine = units[routing.unit]
        mine["complaints" if row.is_complaint else "reports"] += 1
        mine["work"] += routing.work_units
        duty.update({candidate.unit: candidate.officers_on_duty for candidate in routing.candidates})
    lines = [(unit, units[unit], units[unit]["work"] / duty[unit]) for unit in officers.names if unit in units]
    table(
        ("单位 unit", "投诉", "举报", "工作量", "在岗", "人均 per officer"),
        [(f"{officers.names[unit]} {unit}", mine["complaints"], mine["reports"], f"{mine['work']:.1f}", duty[unit],
          f"{load:.2f}") for unit, mine, load in lines],
    )
    stations = [load for unit, _, load in lines if unit in officers.stations]
    mean = sum(stations) / len(stations)
    say.note(f"{len(stations)} 个所：人均 {min(stations):.2f} 至 {max(stations):.2f}，平均 {mean:.2f}，"
             f"最高/平均 {max(stations) / mean:.2f}")
    bases = Counter(decisions_pb2.Basis.Name(decisions[row.file].routing.basis).removeprefix("BASIS_")
                    for row in rows)
    say.note("分送理由：" + "，".join(f"{basis} {count}" for basis, count in bases.most_common()))
    reception = sum(bases[decisions_pb2.Basis.Name(basis).removeprefix("BASIS_")] for basis in RECEPTION_DECIDES)
    say.note(f"转统一接收机构：{reception} / {len(rows)} = {reception / len(rows):.1%}")


def check_changes(say, intake, rows, officers):
    """What 12315 reads back of all this."""
    kinds, cursor = Counter(), ""
    while True:
        page = intake.intake.ListChanges(page_size=1000, page_token=cursor)
        kinds.update(views_pb2.ChangeKind.Name(change.kind).removeprefix("CHANGE_KIND_") for change in page.changes)
        cursor = page.cursor
        if not page.next_page_token:
            break
    expected = {"SUBMIT": len(rows), "SIGN_FOR": len(officers.taken), "DECIDE": officers.done["decided"],
                "CLOSE": officers.done["closed"], "REASSIGN": officers.done["reassigned"]}
    say.equal("the changes (变更流) tell 12315 all of it", {kind: kinds[kind] for kind in expected}, expected)


def check_sealed(say, rows, data, log):
    """No phone, document number or text in clear in the data directory or in the server's log."""
    given = [row.submission for row in rows]
    people = {value for one in given for value in (one.complainant.phone, one.complainant.id_number,
                                                   one.complainant.email, one.complainant.payment_account)}
    texts = {one.complaint.text or one.report.text for one in given[::10]}
    needles = [value.encode() for value in people | texts if len(value) > 6]
    paths = [path for path in Path(data).rglob("*") if path.is_file()] + ([Path(log)] if log else [])
    leaked = [path.name for path in paths if any(needle in path.read_bytes() for needle in needles)]
    say.check(f"no phone, document number or text stands in clear in {len(paths)} files on disk", not leaked, leaked)


def write_results(path, rows, decisions):
    """One line for each item, in the order submitted: to be compared between databases."""
    with open(path, "w", encoding="utf-8") as out:
        for row in rows:
            decision = decisions[row.file]
            suspicion = decision.suspicion
            out.write(json.dumps({
                "file": row.file,
                "unit": decision.routing.unit,
                "basis": decision.routing.basis,
                "candidates": [(c.unit, c.open_work_units, c.officers_on_duty, c.chosen)
                               for c in decision.routing.candidates],
                "model": suspicion.model,
                "score": suspicion.score.hex(),
                "log_odds": suspicion.log_odds.hex(),
                "band": band(suspicion),
                "vector": [value.hex() for value in suspicion.vector],
                "reasons": [(r.feature, r.text, r.contribution.hex(), list(r.records)) for r in suspicion.reasons],
            }, ensure_ascii=False) + "\n")


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("file", help="platform export (.xlsx)")
    asked.add_argument("--address", required=True, help="where `triage serve` listens")
    asked.add_argument("--data", required=True, help="data directory of the server")
    asked.add_argument("--database", help="database URL of the server, unless it is SQLite")
    asked.add_argument("--log", help="the server's log, to look for personal data in it")
    asked.add_argument("--first", type=int, default=700, help="rows to decide and train on")
    asked.add_argument("--out", help="write the result of every item here, to compare two runs")
    asked = asked.parse_args()

    say, clock = Transcript(), Clock()
    office = Office(asked.data, asked.database)
    rows = export_file.read(asked.file)
    first, rest = rows[:asked.first], rows[asked.first:]
    say.title(f"{len(rows)} 行：前 {len(first)} 行至 {first[-1].received}，其余 {len(rest)} 行至 {rows[-1].received}")
    officers = clock.time("25 callers made by `triage caller add`", lambda: Officers(asked.address, office))
    intake = Client(asked.address, office.add_caller("intake", "12315平台"))

    decisions = clock.time(f"first {len(first)} submitted, one stream", lambda: submit_streamed(intake, first))
    check_routing(say, first, decisions)
    say.equal("the shipped model scores them, and says so first (出厂模型)",
              {decisions[row.file].suspicion.reasons[0].feature for row in first if row.is_complaint},
              {"simulated_model"})
    clock.time("pulled, signed, decided, closed", lambda: officers.work(first))
    say.equal("each of them was pulled and signed for by its unit", officers.taken, {row.file for row in first})
    say.note(f"{officers.done}，共 {officers.calls} 次调用")
    say.title("triage train --use")
    for line in clock.time("triage train --use", office.train).splitlines():
        say.note(line)

    say.title("其余各行 / the rest")
    latencies = []
    decisions |= clock.time(f"other {len(rest)} submitted, one call each",
                            lambda: submit_singly(intake, rest, latencies))
    check_decisions(say, rest, decisions)
    check_changes(say, intake, rows, officers)
    show_bands(say, rest, decisions)
    show_reasons(say, rest, decisions)
    show_loads(say, "其余各行按单位（未结）/ the rest, all of it open", rest, decisions, officers)
    show_loads(say, f"全部 {len(rows)} 行按首次分送 / all, as first routed", rows, decisions, officers)

    say.title("重放与封存 / replay and sealing")
    replayed = clock.time("triage replay", office.replay)
    say.equal("triage replay: no difference (不一致 0 处)", replayed["differences"], [])
    say.note(f"事件 {replayed['events']} 个，核对件 {replayed['files']} 件")
    check_sealed(say, rows, asked.data, asked.log)
    say.title("用时 / wall times")
    table(("what", "time"), clock.parts)
    say.note(f"one Submit: median {quantile(latencies, 0.5):.1f} ms, p99 {quantile(latencies, 0.99):.1f} ms")
    if asked.out:
        write_results(asked.out, rows, decisions)


if __name__ == "__main__":
    main()
