"""How good is the score on simulated districts it has not seen? See README.md beside this file.

    python3 judge.py --out DIR [--seeds 4711 4712 4713] [--shares 0.10 0.25 0.36] [--items 14291]
                     [--lookalikes 8 --lookalike-items 80000] [--worlds moved-texts moved-prices paraphrase ..]
                     [--masks 0.35 0.7 1.0] [--vignettes DIR]
"""

import argparse
import csv
import json
import math
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

MONTHS, TRAINED = 24, 18
BINS = 15
OUTCOMES = {"初查受理状态": "待核查", "不予受理原因": "", "办理情况状态": "待受理", "办结时间": "", "挽回经济损失(单位:元)": "",
            "疑似职业索赔": ""}
WORLDS = ["moved-texts", "moved-prices", "moved-channels", "paraphrase", "masked", "thin"]
# Bands as the database has them; Insufficient is no High.
MEDIUM, HIGH = 2, 3
# Earlier complaints of the same agent: none, one, two, three to five, six and more.
EARLIER = [(0, 0), (1, 1), (2, 2), (3, 5), (6, 10**9)]
DRAWS = 500
# Honest kinds that complain and are easily taken for claimants; insiders and watchdogs report, and reports have no score.
LOOKALIKES = ["mass_incident", "distressed", "platform_failure", "shared_phone", "hotline_relay", "literate", "visitor",
              "elderly", "household", "eater", "proxy", "bulk_buyer", "lawful"]
FILINGS = [1, 3, 10]
# So many complaints of a kind, for an upper bound that says something.
ENOUGH = 500
# Another program whose `simulate` makes the worlds.
SIMULATOR = None


class Complaint(NamedTuple):
    """A complaint of months 19-24 and its score; `nth` counts the complaints of its agent from month 1."""
    score: float
    suspected: bool
    kind: str
    band: int
    nth: int
    agent: str
    without: float  # The score without its strongest fact; nan where there is none.


def triage(program, data, *arguments):
    command = [program, "--data", str(data), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr}{done.stdout}")
    return done.stdout


def simulated(program, data, *options):
    """Makes a world: by the simulator of this program, or of the one that `--simulator` names."""
    triage(SIMULATOR or program, data, "simulate", *options)


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
    # Of what is decided after the cut nobody knows anything at the cut.
    known = lambda row: row if row["办结时间"] and row["办结时间"][:10] <= cut else row | OUTCOMES
    past = [known(row) if marked else row | {"疑似职业索赔": ""} for row in rows if row["登记时间"][:10] <= cut]
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
    simulated(program, data, *options, "--out", world)
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
    agents = {row["number"]: row["agent"] for row in read(world / "truth.csv")}
    database = sqlite3.connect(data / "triage.db")
    scores = database.execute(
        "SELECT f.number, d.score, d.band, d.log_odds, d.vector, d.model FROM decision d JOIN file f ON f.bureau_id = d.bureau_id"
        " AND f.submission = d.submission AND f.track = d.track WHERE d.track = 0 AND d.score IS NOT NULL")
    models = dict(database.execute("SELECT model, artefact FROM model"))
    facts = {model: weights(text) for model, text in models.items()}
    rows = [Complaint(score, *truths[number][:2], band, truths[number][2], agents[number],
                      without_strongest(log_odds, vector, facts[model]))
            for number, score, band, log_odds, vector, model in scores if number in live]
    assert len(rows) == len(live), f"{len(live)} complaints, {len(rows)} scores"
    return rows


def weights(text):
    """Staircases of the facts of a model, by place: what is neither item (5) nor context and may raise."""
    model = json.loads(text)
    pointers = set(model.get("pointers", {}).get("codes", []))
    slope = model["platt"]["a"]
    return {at: (feature["cuts"], [slope * step for step in feature["steps"]])
            for at, feature in enumerate(model["features"])
            if feature["code"] not in pointers and any(step > 0 for step in feature["steps"])}


def without_strongest(log_odds, vector, facts):
    """The score of the same complaint with its strongest fact removed; pairs stay, so it is an upper bound."""
    values = struct.unpack(f"<{len(vector) // 8}d", vector)
    says = [sum(step for cut, step in zip(*stair) if values[at] >= cut) for at, stair in facts.items()]
    strongest = max(says, default=0.0)
    return 1 / (1 + math.exp(-(log_odds - strongest))) if strongest > 0 else math.nan


def shipped(program, out, name, *options):
    """Months 19-24 scored by the model that is shipped."""
    world, data, live = made(program, out, f"{name}-shipped", *options, marked=False)
    triage(program, data, "import", world / "past.csv")
    triage(program, data, "import", world / "live.csv")
    return complaints(world, data, live)


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


def interval(rows, share):
    """The middle 95 % of a share over draws of whole agents, always the same draws."""
    by_agent = {}
    for row in rows:
        by_agent.setdefault(row.agent, []).append(row)
    groups, dice = list(by_agent.values()), random.Random(1)
    drawn = sorted(share([row for group in dice.choices(groups, k=len(groups)) for row in group]) for _ in range(DRAWS))
    return f"{drawn[DRAWS // 40]:.3f}-{drawn[-1 - DRAWS // 40]:.3f}"


def precision(rows):
    high = [row for row in rows if row.band == HIGH]
    return sum(row.suspected for row in high) / len(high) if high else math.nan


def recall(rows):
    claims = [row for row in rows if row.suspected]
    return sum(row.band == HIGH for row in claims) / max(1, len(claims))


def figures(rows, cut):
    """What is measured of some scores, by name. `cut` is the band from which a complaint is pointed at."""
    pr, roc = areas(rows)
    pointed = [row for row in rows if row.band == cut]
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


MEASURES = list(figures([Complaint(0.9, True, "", HIGH, 1, "", 0.5), Complaint(0.1, False, "", 1, 1, "", 0.1)], HIGH))


def by_share(asked):
    """The same seeds at every share of claimants; all complaints judged, and the home models for what comes after."""
    everything, homes = [], {}
    table("Unseen months of the same district (pointed at: band High)", "share", "seed", "trained on", *MEASURES)
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
    line("", "95 % by agent", "", *[""] * 6, interval(everything, precision), interval(everything, recall), "")
    return everything, homes


def by_kind(rows, cut, title):
    """Who is pointed at: claimants by the n-th complaint of their agent, honest kinds with an upper bound."""
    def found(some):
        hits = sum(row.band == cut for row in some)
        return f"{hits} of {len(some)} ({hits / len(some):.0%})" if some else "-"

    table(f"{title}: claimants found (High), by the n-th complaint of their agent", "kind",
          *(f"n = {nth}" for nth in FILINGS), "all")
    kinds = sorted({row.kind for row in rows if row.suspected})
    for kind in [*kinds, None]:
        of_kind = [row for row in rows if row.suspected and kind in (row.kind, None)]
        line(kind or "all", *(found([row for row in of_kind if row.nth == nth]) for nth in FILINGS), found(of_kind))
    table(f"{title}: honest complaints pointed at (High)", "kind", "complaints", "pointed at", "share",
          "upper 95 %", "")
    for kind in [*LOOKALIKES, "consumer"]:
        of_kind = [row for row in rows if row.kind == kind]
        hits = sum(row.band == cut for row in of_kind)
        few = f"fewer than {ENOUGH}" if len(of_kind) < ENOUGH else ""
        line(kind, len(of_kind), hits, f"{hits / max(1, len(of_kind)):.2%}", f"{wilson(hits, len(of_kind)):.2%}", few)


def by_earlier(rows, title):
    """Honest complaints pointed at by how many their agent had sent before."""
    table(f"{title}: honest complaints pointed at (High), by earlier complaints of the same agent", "earlier", "complaints",
          "pointed at", "share", "upper 95 %", "", "Medium")
    honest = [row for row in rows if not row.suspected]
    for least, most in EARLIER:
        some = [row for row in honest if least <= row.nth - 1 <= most]
        hits, medium = (sum(row.band == band for row in some) for band in (HIGH, MEDIUM))
        few = f"fewer than {ENOUGH}" if len(some) < ENOUGH else ""
        name = f"{least}" if most == least else f"{least}-{most}" if most < 100 else f"{least}+"
        line(name, len(some), hits, f"{hits / max(1, len(some)):.2%}", f"{wilson(hits, len(some)):.2%}", few, medium)


def counterfactuals(rows, cut=0.85):
    """What one fact less would make of what was High."""
    high = [row for row in rows if row.band == HIGH]
    turned = sum(row.without < cut for row in high)
    print(f"\nWithout its strongest fact, {turned} of {len(high)} High complaints are not High.", flush=True)


def thin(asked):
    """Worlds with the usual columns alone, their persons masked more and more."""
    table("The usual columns alone (no order, quantity, product, day of purchase), personal cells masked", "masked", "seed",
          "Insufficient", *MEASURES)
    for mask in asked.masks:
        for seed in asked.seeds:
            options = ("--seed", seed, "--items", asked.items, "--share", asked.shares[0], "--world", "thin", "--mask", mask)
            rows, _, _ = at_home(asked.triage, asked.out, f"{seed}-thin-{mask}", *options)
            line(f"{mask:.0%}", seed, f"{sum(row.band == 4 for row in rows) / len(rows):.1%}",
                 *figures(rows, asked.cut).values())


def vignettes(asked, homes):
    """Single cases, under the shipped model and under each trained one."""
    check = asked.vignettes / "check.py"
    for name, world in [("shipped", None), *((f"{seed}-{share}", asked.out / f"world-{seed}-{share}") for seed, share in homes)]:
        how = ["--train", str(world)] if world else [str(asked.out / f"world-{next(f'{s}-{h}' for s, h in homes)}" / "bureau.toml")]
        done = subprocess.run([sys.executable, str(check), str(Path(asked.triage).resolve()), *how], capture_output=True, text=True,
                              check=False)
        print(f"\n{name}:\n{done.stdout}{done.stderr}", flush=True)


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
    asked.add_argument("--simulator", help="another program, of an earlier release, whose `simulate` makes the worlds")
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--seeds", type=int, nargs="+", default=[4711, 4712, 4713])
    asked.add_argument("--items", type=int, default=14291)
    asked.add_argument("--shares", type=float, nargs="+", default=[0.248], help="shares of claimants, one run for each")
    asked.add_argument("--masks", type=float, nargs="*", default=[], help="judge worlds of the usual columns alone, so masked")
    asked.add_argument("--vignettes", type=Path, help="a folder with check.py: single cases under each model")
    asked.add_argument("--lookalikes", type=int, help="judge a world of so many times the usual honest look-alikes too")
    asked.add_argument("--lookalike-items", type=int, default=80_000)
    asked.add_argument("--worlds", nargs="*", choices=WORLDS, default=[], help="other worlds to judge the models in")
    asked = asked.parse_args()
    asked.cut = HIGH
    global SIMULATOR
    SIMULATOR = asked.simulator

    everything, homes = by_share(asked)
    by_kind(everything, asked.cut, "All of these")
    by_earlier(everything, "All of these")
    counterfactuals(everything)
    first = (asked.seeds[0], asked.shares[0])
    rows = shipped(asked.triage, asked.out, f"{first[0]}-{first[1]}", "--seed", first[0], "--items", asked.items, "--share",
                   first[1])
    table("The shipped model", "seed", "High", "Medium, claimants", "Medium, honest", *MEASURES)
    medium = [sum(row.band == MEDIUM for row in rows if row.suspected == of) for of in (True, False)]
    line(first[0], sum(row.band == HIGH for row in rows), *medium, *figures(rows, HIGH).values())
    by_earlier(rows, "The shipped model")
    if asked.vignettes:
        vignettes(asked, homes)
    if asked.masks:
        thin(asked)
    if asked.worlds:
        moved(asked, homes)
    if asked.lookalikes:
        lookalikes(asked, homes)


if __name__ == "__main__":
    main()
