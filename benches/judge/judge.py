"""How good is the score on simulated districts it has not seen? See README.md beside this file.

    python3 judge.py --out DIR [--seeds 4711 4712 4713] [--shares 0.10 0.25 0.36] [--items 14291]
                     [--lookalikes 8 --lookalike-items 80000] [--worlds moved-texts moved-prices paraphrase ..]
"""

import argparse
import csv
import json
import math
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

MONTHS, TRAINED = 24, 18
BINS = 15
OUTCOMES = {"初查受理状态": "待核查", "不予受理原因": "", "办理情况状态": "待受理", "办结时间": "", "挽回经济损失(单位:元)": "",
            "疑似职业索赔": ""}
WORLDS = ["moved-texts", "moved-prices", "moved-channels", "paraphrase", "masked"]
# Honest kinds that complain and are easily taken for claimants; insiders and watchdogs report, and reports have no score.
LOOKALIKES = ["mass_incident", "distressed", "platform_failure", "shared_phone", "hotline_relay", "literate", "visitor",
              "elderly"]
FILINGS = [1, 3, 10]
# So many complaints of a kind, for an upper bound that says something.
ENOUGH = 500


class Complaint(NamedTuple):
    """A complaint of months 19-24 and its score; `nth` counts the complaints of its agent from month 1."""
    score: float
    suspected: bool
    kind: str
    band: int
    nth: int


def triage(program, data, *arguments):
    command = [program, "--data", str(data), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr}{done.stdout}")
    return done.stdout


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def split(world, marked=True):
    """The history in two files: what was received in months 1-18 whole, the rest as if just received."""
    rows = read(world / "history.csv")
    last = max(row["登记时间"][:10] for row in rows)
    year, month = int(last[:4]), int(last[5:7]) - (MONTHS - TRAINED)
    if month < 1:
        year, month = year - 1, month + 12
    # The first day after month 18: the day after the last one, six months earlier.
    cut = f"{year:04}-{month:02}-99" if last[8:] >= "28" else f"{year:04}-{month:02}-{last[8:]}"
    past = [row if marked else row | {"疑似职业索赔": ""} for row in rows if row["登记时间"][:10] <= cut]
    live = [row | OUTCOMES for row in rows if row["登记时间"][:10] > cut]
    for name, part in (("past.csv", past), ("live.csv", live)):
        with open(world / name, "w", encoding="utf-8-sig", newline="") as file:
            out = csv.DictWriter(file, rows[0].keys())
            out.writeheader()
            out.writerows(part)
    return {row["登记编号"] for row in live if row["类型"] == "投诉"}


def made(program, out, name, *options, marked=True):
    """A fresh bureau with a world's units in its database; the world and the numbers of its live complaints."""
    world, data = out / f"world-{name}", out / f"data-{name}"
    shutil.rmtree(data, ignore_errors=True)
    triage(program, data, "simulate", *options, "--out", world)
    live = split(world, marked)
    triage(program, data, "bureau", "load", world / "bureau.toml")
    return world, data, live


def complaints(world, data, live):
    """Score, truth and kind of every live complaint, as the ledger has them."""
    is_complaint = {row["登记编号"]: row["类型"] == "投诉" for row in read(world / "history.csv")}
    truths, sent = {}, Counter()
    for row in read(world / "truth.csv"):
        sent[row["agent"]] += is_complaint[row["number"]]
        truths[row["number"]] = (row["suspected"] in ("1", "true"), row["kind"], sent[row["agent"]])
    scores = sqlite3.connect(data / "triage.db").execute(
        "SELECT f.number, d.score, d.band FROM decision d JOIN file f ON f.bureau_id = d.bureau_id"
        " AND f.submission = d.submission AND f.track = d.track WHERE d.track = 0 AND d.score IS NOT NULL")
    rows = [Complaint(score, *truths[number][:2], band, truths[number][2])
            for number, score, band in scores if number in live]
    assert len(rows) == len(live), f"{len(live)} complaints, {len(rows)} scores"
    return rows


def at_home(program, out, name, *options):
    """Months 19-24 scored by a model of months 1-18 of the same world; the report of the fit; the bureau's data."""
    world, data, live = made(program, out, name, *options)
    triage(program, data, "import", world / "past.csv")
    trained = json.loads(triage(program, data, "train", "--use", "--json"))
    triage(program, data, "import", world / "live.csv")
    return complaints(world, data, live), trained, data


def elsewhere(program, out, name, model, home, *options):
    """Months 19-24 of another world, whose own months 1-18 are known but unmarked, scored by a model of home."""
    world, data, live = made(program, out, name, *options, marked=False)
    # Nothing but a bench puts a model of one bureau to use in another: the service has no command for it.
    with sqlite3.connect(data / "triage.db") as database:
        database.execute("ATTACH ? AS home", (str(home / "triage.db"),))
        database.execute("INSERT INTO model SELECT * FROM home.model WHERE model = ?", (model,))
    database.close()
    triage(program, data, "models", "use", model)
    triage(program, data, "import", world / "past.csv")
    triage(program, data, "import", world / "live.csv")
    return complaints(world, data, live)


def judged(program, out, seed, items, share):
    """Score, truth, kind and band of every complaint of months 19-24, and the report of the model that scored them."""
    options = ("--seed", seed, "--items", items, "--share", share)
    rows, trained, _ = at_home(program, out, seed, *options)
    return [row[:4] for row in rows], trained["report"]


def steps(rows):
    """Complaints and claimants at or above each score, from the highest; a tie is one step."""
    rows = sorted(rows, key=lambda row: -row[0])
    hits = at = 0
    while at < len(rows):
        score = rows[at][0]
        while at < len(rows) and rows[at][0] == score:
            hits += rows[at][1]
            at += 1
        yield at, hits


def areas(rows):
    """Average precision and area under ROC; a tie is one threshold, half right."""
    positives = sum(row[1] for row in rows)
    negatives = len(rows) - positives
    seen = hits = 0
    precision = roc = 0.0
    for now_seen, now_hits in steps(rows):
        found = now_hits - hits
        roc += (now_seen - seen - found) * (hits + found / 2)
        precision += found * now_hits / now_seen
        seen, hits = now_seen, now_hits
    return precision / positives, roc / (positives * negatives)


def recall_at(rows, precision=0.95):
    """The most claimants that any one threshold finds at this precision."""
    return max((hits for seen, hits in steps(rows) if hits >= precision * seen), default=0) / sum(r[1] for r in rows)


def calibration_error(rows, bins=BINS):
    rows = sorted(rows, key=lambda row: -row[0])
    edges = [b * len(rows) // bins for b in range(bins + 1)]
    return sum(abs(sum(row[0] - row[1] for row in rows[a:b])) for a, b in zip(edges, edges[1:])) / len(rows)


def wilson(hits, n, z=1.96):
    """Upper end of the 95 % interval of a share."""
    if not n:
        return 1.0
    p = hits / n
    return (p + z * z / (2 * n) + z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)


def figures(rows, cut):
    """What is measured of some scores, by name."""
    pr, roc = areas(rows)
    pointed = [row for row in rows if row[0] >= cut]
    right = sum(row[1] for row in pointed)
    suspected = sum(row[1] for row in rows)
    return {
        "judged": len(rows), "base": suspected / len(rows), "PR-AUC": pr, "ROC-AUC": roc, "ECE": calibration_error(rows),
        "Brier": sum((row[0] - row[1]) ** 2 for row in rows) / len(rows),
        "precision": right / len(pointed) if pointed else math.nan, "recall": right / suspected,
        "recall at 95 %": recall_at(rows),
    }


def table(title, *names):
    print(f"\n{title}\n\n| " + " | ".join(names) + " |\n" + "|---" * len(names) + "|", flush=True)


def line(*cells):
    print("| " + " | ".join(f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |", flush=True)


MEASURES = list(figures([(0.9, True), (0.1, False)], 0.5))


def by_share(asked):
    """The same seeds at every share of claimants; all complaints judged, and the home models for what comes after."""
    everything, homes = [], {}
    table(f"Unseen months of the same district (fixed cut {asked.cut})", "share", "seed", "trained on", *MEASURES)
    for share in asked.shares:
        of_share = []
        for seed in asked.seeds:
            options = ("--seed", seed, "--items", asked.items, "--share", share)
            rows, trained, data = at_home(asked.triage, asked.out, f"{seed}-{share}", *options)
            homes[seed, share] = (rows, trained["model"], data)
            of_share += rows
            line(share, seed, trained["report"]["trained_on"]["examples"], *figures(rows, asked.cut).values())
        if len(asked.seeds) > 1:
            line(share, "all", "", *figures(of_share, asked.cut).values())
        everything += of_share
    return everything, homes


def by_kind(rows, cut, title):
    """Who is pointed at: claimants by the n-th complaint of their agent, honest kinds with an upper bound."""
    def found(some):
        hits = sum(row.score >= cut for row in some)
        return f"{hits} of {len(some)} ({hits / len(some):.0%})" if some else "-"

    table(f"{title}: claimants found (score ≥ {cut}), by the n-th complaint of their agent", "kind",
          *(f"n = {nth}" for nth in FILINGS), "all")
    kinds = sorted({row.kind for row in rows if row.suspected})
    for kind in [*kinds, None]:
        of_kind = [row for row in rows if row.suspected and kind in (row.kind, None)]
        line(kind or "all", *(found([row for row in of_kind if row.nth == nth]) for nth in FILINGS), found(of_kind))
    table(f"{title}: honest complaints pointed at (score ≥ {cut})", "kind", "complaints", "pointed at", "share",
          "upper 95 %", "")
    for kind in [*LOOKALIKES, "consumer"]:
        of_kind = [row for row in rows if row.kind == kind]
        hits = sum(row.score >= cut for row in of_kind)
        few = f"fewer than {ENOUGH}" if len(of_kind) < ENOUGH else ""
        line(kind, len(of_kind), hits, f"{hits / max(1, len(of_kind)):.2%}", f"{wilson(hits, len(of_kind)):.2%}", few)


def moved(asked, homes):
    """The models of home where they were not made, and what that costs."""
    table("A model of home in another world (loss: home less there)", "world", "share", "seed", *MEASURES, "PR-AUC lost",
          "recall lost")
    for (seed, share), (rows, model, data) in homes.items():
        home = figures(rows, asked.cut)
        line("home", share, seed, *home.values(), "", "")
        for world in asked.worlds:
            options = ("--seed", seed, "--items", asked.items, "--share", share, "--world", world)
            there = elsewhere(asked.triage, asked.out, f"{seed}-{share}-{world}", model, data, *options)
            there = figures(there, asked.cut)
            line(world, share, seed, *there.values(), home["PR-AUC"] - there["PR-AUC"], home["recall"] - there["recall"])


def lookalikes(asked, homes):
    """Worlds with many honest look-alikes, so that the bounds are narrow: scored by models of home, then by their own."""
    own, foreign = [], []
    title = f"{asked.lookalikes} times the honest look-alikes"
    table(title, "model of", "share", "seed", *MEASURES)
    for (seed, share), (_, model, data) in homes.items():
        options = ("--seed", seed, "--items", asked.lookalike_items, "--share", share, "--lookalikes", asked.lookalikes)
        name = f"{seed}-{share}-lookalikes"
        rows = elsewhere(asked.triage, asked.out, name, model, data, *options)
        line("home", share, seed, *figures(rows, asked.cut).values())
        foreign += rows
        rows, _, _ = at_home(asked.triage, asked.out, name, *options)
        line("this world", share, seed, *figures(rows, asked.cut).values())
        own += rows
    by_kind(foreign, asked.cut, f"{title}, models of home")
    by_kind(own, asked.cut, f"{title}, models of these worlds")


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--triage", default="target/release/triage")
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--seeds", type=int, nargs="+", default=[4711, 4712, 4713])
    asked.add_argument("--items", type=int, default=14291)
    asked.add_argument("--shares", type=float, nargs="+", default=[0.248], help="shares of claimants, one run for each")
    asked.add_argument("--cut", type=float, default=0.85, help="the score from which a complaint counts as pointed at")
    asked.add_argument("--lookalikes", type=int, help="judge a world of so many times the usual honest look-alikes too")
    asked.add_argument("--lookalike-items", type=int, default=80_000)
    asked.add_argument("--worlds", nargs="*", choices=WORLDS, default=[], help="other worlds to judge the models in")
    asked = asked.parse_args()

    everything, homes = by_share(asked)
    by_kind(everything, asked.cut, "All of these")
    if asked.worlds:
        moved(asked, homes)
    if asked.lookalikes:
        lookalikes(asked, homes)


if __name__ == "__main__":
    main()
