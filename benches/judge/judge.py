"""How good is the score on simulated districts it has not seen? See README.md beside this file.

    python3 judge.py --triage target/release/triage --out DIR [--seeds 4711 4712 4713] [--items 14291] [--share 0.248]
"""

import argparse
import csv
import json
import math
import sqlite3
import subprocess
import sys
from pathlib import Path

MONTHS, TRAINED = 24, 18
OUTCOMES = {"初查受理状态": "待核查", "不予受理原因": "", "办理情况状态": "待受理", "办结时间": "", "挽回经济损失(单位:元)": "",
            "疑似职业索赔": ""}


def triage(program, data, *arguments):
    command = [program, "--data", str(data), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr}{done.stdout}")
    return done.stdout


def split(world):
    """The history in two files: what was received in months 1-18 whole, the rest as if just received."""
    with open(world / "history.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    days = sorted(row["登记时间"][:10] for row in rows)
    last = days[-1]
    year, month = int(last[:4]), int(last[5:7]) - (MONTHS - TRAINED)
    if month < 1:
        year, month = year - 1, month + 12
    # The first day after month 18: the day after the last one, six months earlier.
    cut = f"{year:04}-{month:02}-99" if last[8:] >= "28" else f"{year:04}-{month:02}-{last[8:]}"
    past = [row for row in rows if row["登记时间"][:10] <= cut]
    live = [row | OUTCOMES for row in rows if row["登记时间"][:10] > cut]
    for name, part in (("past.csv", past), ("live.csv", live)):
        with open(world / name, "w", encoding="utf-8-sig", newline="") as file:
            out = csv.DictWriter(file, rows[0].keys())
            out.writeheader()
            out.writerows(part)
    return {row["登记编号"] for row in live if row["类型"] == "投诉"}


def judged(program, out, seed, items, share):
    """Score, truth and kind of every complaint of months 19-24, scored by a model of months 1-18."""
    world, data = out / f"world-{seed}", out / f"data-{seed}"
    triage(program, data, "simulate", "--seed", seed, "--items", items, "--share", share, "--out", world)
    live = split(world)
    triage(program, data, "bureau", "load", world / "bureau.toml")
    triage(program, data, "import", world / "past.csv")
    report = json.loads(triage(program, data, "train", "--use", "--json"))
    triage(program, data, "import", world / "live.csv")
    with open(world / "truth.csv", encoding="utf-8-sig", newline="") as file:
        truths = {row["number"]: row for row in csv.DictReader(file)}
    scores = sqlite3.connect(data / "triage.db").execute(
        "SELECT f.number, d.score, d.band FROM decision d JOIN file f ON f.bureau_id = d.bureau_id"
        " AND f.submission = d.submission AND f.track = d.track WHERE d.track = 0 AND d.score IS NOT NULL")
    rows = [(score, truths[number]["suspected"] in ("1", "true"), truths[number]["kind"], band)
            for number, score, band in scores if number in live]
    assert len(rows) == len(live), f"{len(live)} complaints, {len(rows)} scores"
    return rows, report["report"]


def areas(rows):
    """Average precision and area under ROC; a tie is one threshold, half right."""
    rows = sorted(rows, key=lambda row: -row[0])
    positives = sum(row[1] for row in rows)
    negatives = len(rows) - positives
    seen = hits = at = 0
    precision = roc = 0.0
    while at < len(rows):
        end = at
        while end < len(rows) and rows[end][0] == rows[at][0]:
            end += 1
        found = sum(row[1] for row in rows[at:end])
        roc += (end - at - found) * (hits + found / 2)
        seen, hits = end, hits + found
        precision += found * hits / seen
        at = end
    return precision / positives, roc / (positives * negatives)


def calibration_error(rows, bins=15):
    rows = sorted(rows, key=lambda row: -row[0])
    edges = [b * len(rows) // bins for b in range(bins + 1)]
    return sum(abs(sum(row[0] - row[1] for row in rows[a:b])) for a, b in zip(edges, edges[1:])) / len(rows)


def wilson(hits, n, z=1.96):
    """Upper end of the 95 % interval of a share."""
    if not n:
        return 1.0
    p = hits / n
    return (p + z * z / (2 * n) + z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--triage", default="target/release/triage")
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--seeds", type=int, nargs="+", default=[4711, 4712, 4713])
    asked.add_argument("--items", type=int, default=14291)
    asked.add_argument("--share", type=float, default=0.248)
    asked.add_argument("--cut", type=float, default=0.8, help="the score from which a complaint counts as pointed at")
    asked = asked.parse_args()

    everything = []
    print("| seed | trained on | judged | base | PR-AUC | ROC-AUC | ECE | Brier | precision | recall |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for seed in asked.seeds:
        rows, report = judged(asked.triage, asked.out, seed, asked.items, asked.share)
        everything += rows
        print_row(seed, report["trained_on"]["examples"], rows, asked.cut)
    if len(asked.seeds) > 1:
        print_row("all", "", everything, asked.cut)
    print(f"\nPointed at (score ≥ {asked.cut}), by kind: honest ones are false alarms\n")
    print("| kind | complaints | pointed at | share | upper 95 % |")
    print("|---|---|---|---|---|")
    kinds = sorted({(row[1], row[2]) for row in everything})
    for suspected, kind in kinds:
        of_kind = [row for row in everything if row[2] == kind]
        hits = sum(row[0] >= asked.cut for row in of_kind)
        upper = "" if suspected else f"{wilson(hits, len(of_kind)):.1%}"
        name = f"**{kind}** (claimant)" if suspected else kind
        print(f"| {name} | {len(of_kind)} | {hits} | {hits / len(of_kind):.1%} | {upper} |")


def print_row(name, trained, rows, cut):
    pr, roc = areas(rows)
    brier = sum((row[0] - row[1]) ** 2 for row in rows) / len(rows)
    base = sum(row[1] for row in rows) / len(rows)
    pointed = [row for row in rows if row[0] >= cut]
    right = sum(row[1] for row in pointed)
    precision = right / len(pointed) if pointed else float("nan")
    recall = right / sum(row[1] for row in rows)
    print(f"| {name} | {trained} | {len(rows)} | {base:.3f} | {pr:.4f} | {roc:.4f} | {calibration_error(rows):.4f}"
          f" | {brier:.4f} | {precision:.3f} | {recall:.3f} |")


if __name__ == "__main__":
    main()
