"""Three years of retraining on what the score itself pointed at: does it run away? See README.md beside this file.

    python3 feedback.py --out DIR [--seed 4711] [--items 28000] [--blind 0.03] [--wrong 0.03]
"""

import argparse
import csv
import hashlib
import json
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

from judge import HIGH, OUTCOMES, line, read, table, triage, wilson

# A year of history with the officers' marks, then six half-years.
FIRST_MONTHS, PERIODS, PERIOD_MONTHS = 12, 6, 6


def month(row):
    return int(row["登记时间"][:4]) * 12 + int(row["登记时间"][5:7]) - 1


def drawn(number, salt, share):
    """Whether a number is drawn: by its hash, so that every run draws the same."""
    digest = hashlib.sha256(f"{salt} {number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def write(path, rows, names):
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        out = csv.DictWriter(file, names)
        out.writeheader()
        out.writerows(rows)


def bands(data):
    rows = sqlite3.connect(data / "triage.db").execute(
        "SELECT f.number, d.band FROM decision d JOIN file f ON f.bureau_id = d.bureau_id"
        " AND f.submission = d.submission AND f.track = d.track WHERE d.track = 0 AND d.sequence = d.submission")
    return dict(rows)


def run(asked, world, blind):
    """One run of three years; a line a period."""
    rows = [row for row in read(world / "history.csv") if row["类型"] == "投诉"]
    names = list(rows[0].keys())
    truth = {row["number"]: (row["suspected"] == "1", row["agent"]) for row in read(world / "truth.csv")}
    first = month(rows[0])
    data = asked.out / f"data-feedback-{blind}"
    shutil.rmtree(data, ignore_errors=True)
    triage(asked.triage, data, "bureau", "load", world / "bureau.toml")
    past = [row for row in rows if month(row) < first + FIRST_MONTHS]
    write(world / "part.csv", past, names)
    triage(asked.triage, data, "import", world / "part.csv")
    triage(asked.triage, data, "train", "--use", "--json")
    wronged, again = set(), Counter()
    for period in range(PERIODS):
        begins = first + FIRST_MONTHS + period * PERIOD_MONTHS
        live = [row for row in rows if begins <= month(row) < begins + PERIOD_MONTHS]
        write(world / "part.csv", [row | OUTCOMES for row in live], names)
        triage(asked.triage, data, "import", world / "part.csv")
        band = bands(data)
        high = {row["登记编号"] for row in live if band.get(row["登记编号"]) == HIGH}
        marked = []
        for row in live:
            number = row["登记编号"]
            suspected, agent = truth[number]
            if not suspected and agent in wronged:
                again["complaints"] += 1
                again["pointed at"] += number in high
            mark = ""
            if number in high or drawn(number, "blind", blind):
                # An officer looks, and errs now and then.
                found = suspected != drawn(number, "error", asked.wrong)
                mark = "是" if found else "否"
                if found and not suspected:
                    wronged.add(agent)
            marked.append(row | {"疑似职业索赔": mark, "办理情况状态": "已办结", "不予受理原因": "", "初查受理状态": "已受理",
                                 "办结时间": row["办结时间"] or row["登记时间"]})
        write(world / "part.csv", marked, names)
        triage(asked.triage, data, "import", world / "part.csv")
        triage(asked.triage, data, "train", "--use", "--json")
        claims = [row for row in live if truth[row["登记编号"]][0]]
        honest = len(live) - len(claims)
        hits = sum(row["登记编号"] in high for row in claims)
        alarms = len(high) - hits
        line(f"{blind:.0%}", period + 1, len(live), hits / len(claims), alarms / honest, wilson(alarms, honest),
             hits / max(1, len(high)), len(wronged), f"{again['pointed at']} of {again['complaints']}")


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--triage", default="target/release/triage")
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--seed", type=int, default=4711)
    asked.add_argument("--items", type=int, default=28_000)
    asked.add_argument("--blind", type=float, default=0.03, help="share of complaints that are looked at without their band")
    asked.add_argument("--wrong", type=float, default=0.03, help="share of looks that err")
    asked = asked.parse_args()
    world = asked.out / f"world-feedback-{asked.seed}"
    months = FIRST_MONTHS + PERIODS * PERIOD_MONTHS
    triage(asked.triage, asked.out / "none", "simulate", "--seed", asked.seed, "--items", asked.items, "--months", months,
           "--out", world)
    table("Marks only on what was High", "blind sample", "half-year", "complaints", "recall at High", "false alarms",
          "upper 95 %", "precision", "honest people once wrongly marked", "their complaints pointed at again")
    for blind in (0.0, asked.blind):
        run(asked, world, blind)


if __name__ == "__main__":
    main()
