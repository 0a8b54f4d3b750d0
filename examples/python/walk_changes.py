"""How results find their way back to 12315: the changes, read by a cursor."""

from collections import Counter

from triage.v1 import views_pb2


def beginning(say, service):
    say.title("变更流，从头开始 / ListChanges from the beginning")
    page = service.intake.intake.ListChanges()
    say.check("nothing has happened yet, and there is a cursor (游标) to come back with",
              not page.changes and not page.next_page_token and page.cursor != "", page)
    return page.cursor


def walk_changes(say, service, cursor):
    say.title("变更流 / ListChanges: everything above, read back")
    changes, pages = [], 0
    while True:
        page = service.intake.intake.ListChanges(page_size=250, page_token=cursor)
        changes += page.changes
        cursor = page.cursor
        pages += 1
        if not page.next_page_token:
            break
    seen = [(change.sequence, change.file) for change in changes]
    say.check(f"{len(changes)} changes on {pages} pages, oldest first, none twice",
              [sequence for sequence, _ in seen] == sorted(sequence for sequence, _ in seen)
              and len(set(seen)) == len(seen) and pages > 4)
    whole = service.intake.intake.ListChanges(page_size=1_000)
    say.check("from the beginning again: the same", list(whole.changes) == changes[:len(whole.changes)])
    kinds = Counter(views_pb2.ChangeKind.Name(change.kind).removeprefix("CHANGE_KIND_") for change in changes)
    for kind, count in sorted(kinds.items()):
        say.note(f"{count:5} {kind}")
    # UNMASK, PULL, EXTEND and SKIP need not be told: they change nothing that 12315 passes on.
    expected = {"SUBMIT": 1_005, "AMEND": 1, "WITHDRAW": 1, "URGE": 2, "SIGN_FOR": 8, "DECIDE": 5, "STEP": 1,
                "CLOSE": 3, "RETURN": 1, "REASSIGN": 3}
    say.equal("every result of this walk is there", {kind: kinds[kind] for kind in expected}, expected)
    both = [(c.sequence, c.file) for c in changes
            if c.registration_number == "W-0003" and c.kind == views_pb2.CHANGE_KIND_SUBMIT]
    say.equal("a submission is told once for each of its files, with one sequence (序号)",
              ([file for _, file in both], len({sequence for sequence, _ in both})),
              (["submissions/W-0003/files/report", "submissions/W-0003/files/complaint"], 1))
    story = [views_pb2.ChangeKind.Name(c.kind).removeprefix("CHANGE_KIND_") for c in changes
             if c.registration_number == "W-0001"]
    story = [kind for kind in story if kind in expected]
    say.equal("the story of one complaint", story, ["SUBMIT", "URGE", "URGE", "SIGN_FOR", "DECIDE", "STEP", "CLOSE"])
    last = [c for c in changes if c.registration_number == "W-0001"][-1]
    say.equal("the closing tells 12315 what it needs", (last.file, last.unit, last.recovered_amount_fen),
              ("submissions/W-0001/files/complaint", "zhaotan", 2580))
    none = service.intake.intake.ListChanges(page_token=cursor)
    say.check("after the last: nothing new, the cursor stays good", not none.changes and none.cursor == cursor)
    service.intake.intake.Urge(registration_number="W-0010")
    one = service.intake.intake.ListChanges(page_token=cursor)
    say.equal("then exactly what came since", [c.kind for c in one.changes], [views_pb2.CHANGE_KIND_URGE])
    say.check("each change says when it was recorded", all(c.HasField("recorded_at") for c in changes))
