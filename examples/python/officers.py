"""The bureau's units at work: each pulls its queue, signs, decides and closes as the export says it was done."""

from triage_client import Client
from triage.v1 import file_codes_pb2, unit_service_pb2

TRACKS = (file_codes_pb2.TRACK_REPORT, file_codes_pb2.TRACK_COMPLAINT)
Decide = unit_service_pb2.DecideRequest


class Officers:
    """Callers of all units, reception included, made at the terminal; officers take turns."""

    def __init__(self, address, office):
        bureau = office.bureau()
        self.units = bureau["unit"]
        self.names = {unit["id"]: unit["name"] for unit in self.units}
        self.reception = next(unit["id"] for unit in self.units if unit["kind"] == "reception")
        self.stations = [unit["id"] for unit in self.units if unit["kind"] == "station"]
        self.officers = {unit: [] for unit in self.names}
        for officer in bureau["officer"]:
            self.officers[officer["unit"]].append(officer["id"])
        self.clients = {}
        for unit in self.names:
            role = ("reception",) if unit == self.reception else ("unit", unit)
            self.clients[unit] = Client(address, office.add_caller(role[0], self.names[unit], *role[1:]))
        self.turns = dict.fromkeys(self.names, 0)
        self.calls = 0
        self.done = {"pulled": 0, "decided": 0, "closed": 0, "reassigned": 0, "left open": 0}
        self.taken = set()

    def work(self, rows):
        """Works until every queue is empty. Reception first: half of its files it sends on, half it handles."""
        rows = {row.file: row for row in rows}
        order = [self.reception, *(unit for unit in self.names if unit != self.reception)]
        for unit in order:
            for track in TRACKS:
                while files := self.pull(unit, track):
                    for index, file in enumerate(files):
                        self.done["pulled"] += 1
                        if unit == self.reception and index % 2:
                            self.send_on(file)
                        else:
                            self.handle(unit, file, rows[file.name])

    def next_officer(self, unit):
        officers = self.officers[unit]
        self.turns[unit] += 1
        return officers[self.turns[unit] % len(officers)]

    def pull(self, unit, track):
        self.calls += 1
        officer = self.next_officer(unit)
        return self.clients[unit].unit.Pull(officer=officer, track=track, max_files=50).files

    def send_on(self, file):
        """An unknown place that a telephone call made known: the stations take turns in this example."""
        station = self.stations[self.done["reassigned"] % len(self.stations)]
        self.calls += 1
        self.clients[self.reception].reception.Reassign(file=file.name, unit=station, reason="电话核实经营地址后改派")
        self.done["reassigned"] += 1

    def handle(self, unit, file, row):
        verbs = self.clients[unit].unit
        mine = {"file": file.name, "officer": self.next_officer(unit)}
        token = self.progress(verbs.SignFor(**mine, token=file.state.token)).token
        self.taken.add(file.name)
        ruling = ruling_of(row)
        if ruling is None:
            self.done["left open"] += 1
            return
        if row.is_complaint:
            ruling |= {"finding": row.finding, "finding_reason": f"承办人标注：{row.mark or '未标注'}"}
        token = self.progress(verbs.Decide(**mine, token=token, **ruling)).token
        self.done["decided"] += 1
        if row.first_look in ("已受理", "立案") and row.standing == "已办结":
            self.progress(verbs.CloseFile(**mine, token=token, **end_of(row), recovered_amount_fen=row.recovered_fen))
            self.done["closed"] += 1

    def progress(self, answer):
        self.calls += 1
        return answer.progress


def ruling_of(row):
    """The decision (决定) of the export; None while it was still being looked at."""
    match row.first_look:
        case "已受理":
            return {"accepted": Decide.Accepted()}
        case "不予受理":
            return {"refused": Decide.Refused(ground=row.ground, reason=row.refusal_reason or "见承办材料")}
        case "立案":
            return {"filed": Decide.Filed()}
        case "不予立案":
            return {"not_filed": Decide.NotFiled(reason="经核查，不符合立案条件")}
    return None


def end_of(row):
    """The export has no column for it: money recovered is a settlement, a filed report a penalty; a mediation that ended says why."""
    if not row.is_complaint:
        return {"disposition": file_codes_pb2.DISPOSITION_PENALISED}
    if row.recovered_fen:
        return {"disposition": file_codes_pb2.DISPOSITION_SETTLED}
    return {"disposition": file_codes_pb2.DISPOSITION_MEDIATION_ENDED,
            "termination": file_codes_pb2.TERMINATION_GROUND_NO_AGREEMENT}
