"""How does the score compare with well-known learners on the same logged table? See README.md beside this file.

    python peers.py --triage target/release/triage --out DIR [--seeds 4711] [--items 14291] [--share 0.248]
    python peers.py --table trained.csv --judged judged.csv --truth truth.csv       # sequence,suspected[,score]
"""

import argparse
import csv
import json
import sqlite3
import sys
from pathlib import Path

import lightgbm
import numpy
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "judge"))
import judge  # noqa: E402: the flow is that of the other bench

FOLDS = 5
HEAD = ["sequence", "received", "cluster", "suspected", "trust"]
# As in src/training/calibrate.rs: so many of so many marks are expected to be wrong, and missed; and the most believed.
EXPECTED_WRONG, EXPECTED_MISSED, MOST = (4.0, 200.0), (1.0, 100.0), 0.05


def table(path):
    """Sequences, clusters, labels (-1 for none), features and their codes, as `triage train --table` writes them."""
    with open(path, encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head[:len(HEAD)] == HEAD, f"{path}: not a table of this program"
    sequences, clusters = ([int(row[at]) for row in rows] for at in (0, 2))
    labels = [int(row[3]) if row[3] else -1 for row in rows]
    features = numpy.array([row[len(HEAD):] for row in rows], dtype=float)
    return numpy.array(sequences), numpy.array(clusters), numpy.array(labels), features, head[len(HEAD):]


def lived(program, out, seed, items, share):
    """A simulated bureau's two tables, the truth and our scores of the judged one, by sequence."""
    world, data = out / f"world-{seed}", out / f"data-{seed}"
    judge.simulated(program, data, "--seed", seed, "--items", items, "--share", share, "--out", world)
    live = judge.split(world)
    judge.triage(program, data, "bureau", "load", world / "bureau.toml")
    judge.triage(program, data, "import", world / "past.csv")
    report = json.loads(judge.triage(program, data, "train", "--use", "--json"))["report"]
    trained, judged = out / f"trained-{seed}.csv", out / f"judged-{seed}.csv"
    judge.triage(program, data, "train", "--table", trained)
    judge.triage(program, data, "import", world / "live.csv")
    judge.triage(program, data, "train", "--table", judged)
    with open(world / "truth.csv", encoding="utf-8-sig", newline="") as file:
        truths = {row["number"]: row["suspected"] in ("1", "true") for row in csv.DictReader(file)}
    rows = sqlite3.connect(data / "triage.db").execute(
        "SELECT d.submission, f.number, d.score FROM decision d JOIN file f ON f.bureau_id = d.bureau_id"
        " AND f.submission = d.submission AND f.track = d.track WHERE d.track = 0 AND d.score IS NOT NULL"
        " AND d.sequence = d.submission")
    found = {sequence: (truths[number], score) for sequence, number, score in rows if number in live}
    assert len(found) == len(live), f"{len(live)} complaints, {len(found)} scores"
    with open(out / f"truth-{seed}.csv", "w", encoding="utf-8", newline="") as file:
        written = csv.writer(file)
        written.writerow(["sequence", "suspected", "score"])
        written.writerows((sequence, int(truth), score) for sequence, (truth, score) in found.items())
    directions = {row["code"]: row["direction"] for row in report["features"]}
    return trained, judged, found, directions


def given(path):
    """Truth and, where there is one, our score, by sequence."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {int(row["sequence"]): (row["suspected"] in ("1", "true"), float(row.get("score") or "nan"))
            for row in rows}


def learners(codes, directions):
    """The peers; each again under the law's directions where it can be told of them."""
    ways = {"more_suspicious": 1, "less_suspicious": -1, "either": 0}
    lawful = [ways[directions[code]] for code in codes] if directions else None
    made = {
        "LogisticRegression, standardised":
            lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "HistGradientBoosting": lambda: HistGradientBoostingClassifier(random_state=0),
        "LightGBM": lambda: lightgbm.LGBMClassifier(random_state=0, deterministic=True, verbose=-1),
    }
    if lawful:
        made |= {
            "HistGradientBoosting, lawful":
                lambda: HistGradientBoostingClassifier(random_state=0, monotonic_cst=lawful),
            "LightGBM, lawful": lambda: lightgbm.LGBMClassifier(
                random_state=0, deterministic=True, verbose=-1, monotone_constraints=lawful),
        }
    return made


def log_odds(model, features):
    return logit(numpy.clip(model.predict_proba(features)[:, 1], 1e-9, 1 - 1e-9))


def calibrated(made, features, labels, clusters, unseen):
    """A peer's probabilities of unseen rows: fitted on all, calibrated on what fits of four clusters in five say of the
    fifth - plainly (Platt), and as we do, with a place for wrong marks."""
    folds = clusters % FOLDS
    told = numpy.zeros(len(labels))
    for fold in range(FOLDS):
        seen = folds != fold
        told[~seen] = log_odds(made().fit(features[seen], labels[seen]), features[~seen])
    whole = log_odds(made().fit(features, labels), unseen)

    def loss(numbers, doubted):
        slope, offset, wrong, missed = numbers
        if not doubted:
            wrong = missed = 0.0
        p = wrong + (1 - wrong - missed) * expit(slope * told + offset)
        p = numpy.clip(p, 1e-12, 1 - 1e-12)
        thought = [(wrong, *EXPECTED_WRONG), (missed, *EXPECTED_MISSED)]
        expected = sum(of * numpy.log(e) + (all_ - of) * numpy.log1p(-e) for e, of, all_ in thought if e > 0)
        return -(labels * numpy.log(p) + (1 - labels) * numpy.log1p(-p)).sum() - expected

    bounds = [(1e-3, 20), (-20, 20), (1e-5, MOST), (1e-5, MOST)]
    curves = [minimize(loss, [1, 0, 0.01, 0.01], args=(doubted,), bounds=bounds).x for doubted in (False, True)]
    return [expit(slope * whole + offset) for slope, offset, _, _ in curves]


def recall_at(rows, precision=0.95):
    """Greatest recall of any cut at which so many of those pointed at are claimants; a tie is one cut."""
    rows = sorted(rows, key=lambda row: -row[0])
    positives, hits, best = sum(row[1] for row in rows), 0, 0.0
    for seen, (score, suspected) in enumerate(rows, start=1):
        hits += suspected
        last = seen == len(rows) or rows[seen][0] != score
        if last and hits >= precision * seen:
            best = max(best, hits / positives)
    return best


def line(name, plain, doubted):
    """A row of the table; `plain` is none for ours, which has one calibration."""
    pr, roc = judge.areas(doubted)
    brier = sum((row[0] - row[1]) ** 2 for row in doubted) / len(doubted)
    told = f"{judge.calibration_error(plain):.4f}" if plain else ""
    print(f"| {name} | {pr:.4f} | {roc:.4f} | {judge.calibration_error(doubted):.4f} | {told} | {brier:.4f}"
          f" | {recall_at(doubted):.3f} |")


def compare(trained, judged, found, directions):
    sequences, clusters, labels, features, codes = table(trained)
    known = labels >= 0
    clusters, labels, features = clusters[known], labels[known], features[known]
    of, _, _, unseen, again = table(judged)
    assert codes == again, "two feature tables"
    at = [row for row, sequence in enumerate(of) if sequence in found]
    assert len(at) == len(found) and not set(sequences[known]) & set(found)
    truths, scores = zip(*(found[of[row]] for row in at))
    print(f"trained on {len(labels)} (marked {labels.mean():.3f}), judged {len(at)} (claimants {numpy.mean(truths):.3f})\n")
    print("| | PR-AUC | ROC-AUC | ECE | ECE, plain Platt | Brier | recall at 95 % precision |")
    print("|---|---|---|---|---|---|---|")
    if not numpy.isnan(scores).any():
        line("**triage**", None, list(zip(scores, truths)))
    for name, made in learners(codes, directions).items():
        told = calibrated(made, features, labels, clusters, unseen[at])
        line(name, *(list(zip(map(float, scores), truths)) for scores in told))


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--triage", default="target/release/triage")
    asked.add_argument("--simulator", help="another program, of an earlier release, whose `simulate` makes the worlds")
    asked.add_argument("--out", type=Path, help="simulate here, and compare")
    asked.add_argument("--seeds", type=int, nargs="+", default=[4711])
    asked.add_argument("--items", type=int, default=14291)
    asked.add_argument("--share", type=float, default=0.248)
    asked.add_argument("--table", type=Path, help="a table to train on, instead of a simulated one")
    asked.add_argument("--judged", type=Path, help="a table to be judged")
    asked.add_argument("--truth", type=Path, help="the truth of what is judged, with our scores or without")
    asked = asked.parse_args()
    judge.SIMULATOR = asked.simulator
    if asked.out:
        for seed in asked.seeds:
            print(f"\n## seed {seed}\n")
            compare(*lived(asked.triage, asked.out, seed, asked.items, asked.share))
    elif asked.table and asked.judged and asked.truth:
        compare(asked.table, asked.judged, given(asked.truth), None)
    else:
        sys.exit("say --out, or --table with --judged and --truth")


if __name__ == "__main__":
    main()
