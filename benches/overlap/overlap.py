"""How far words alone separate professional claimants in a simulated world, and what their history adds.

Reads DIR/history.csv and DIR/truth.csv of `triage simulate`. Complaints only; trained on the first three quarters of
the period, judged on the last. Prints PR-AUC (average precision) of
  words    character n-grams (2-4, TF-IDF) of 具体问题, logistic regression
  +counts  the same beside simple counts as of each complaint's receipt
"""

import csv
import sys
from collections import defaultdict, deque
from datetime import datetime
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.preprocessing import StandardScaler

KEYS = ["提供方联系方式", "提供方证件号码", "提供方地址"]
WINDOWS = [30, 90, 365]


def read(directory):
    with open(directory / "history.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(directory / "truth.csv", encoding="utf-8", newline="") as file:
        truth = {row["number"]: row for row in csv.DictReader(file)}
    for row in rows:
        row["at"] = datetime.strptime(row["登记时间"], "%Y-%m-%d %H:%M:%S").timestamp() / 86400
        row["truth"] = truth[row["登记编号"]]
    return [row for row in rows if row["类型"] == "投诉"]


def counts(rows):
    """Complaints before this one by the same phone, id or address, and the respondents among them."""
    past = defaultdict(deque)
    table = np.zeros((len(rows), len(KEYS) * (len(WINDOWS) + 1)))
    for i, row in enumerate(rows):
        for k, key in enumerate(KEYS):
            value = row[key]
            if not value or value == "*****":
                continue
            seen = past[key, value]
            while seen and row["at"] - seen[0][0] > max(WINDOWS):
                seen.popleft()
            column = k * (len(WINDOWS) + 1)
            for w, window in enumerate(WINDOWS):
                table[i, column + w] = sum(row["at"] - at <= window for at, _ in seen)
            table[i, column + len(WINDOWS)] = len({shop for _, shop in seen})
            seen.append((row["at"], row["企业名称"]))
    return np.log1p(table)


def judge(train, test, truth, learned):
    model = LogisticRegression(max_iter=2000, C=4.0).fit(train, learned)
    return average_precision_score(truth, model.decision_function(test))


def main(directories):
    print(f"{'world':<12}{'complaints':>11}{'judged':>8}{'base':>7}{'words':>8}{'counts':>8}{'both':>8}{'gain':>7}")
    for directory in map(Path, directories):
        rows = read(directory)
        first, last = rows[0]["at"], rows[-1]["at"]
        early = np.array([row["at"] < first + (last - first) * 0.75 for row in rows])
        suspected = np.array([int(row["truth"]["suspected"]) for row in rows])
        texts = np.array([row["具体问题"] for row in rows], dtype=object)
        vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), min_df=3, sublinear_tf=True)
        words = (vectorizer.fit_transform(texts[early]), vectorizer.transform(texts[~early]))
        table = counts(rows)
        scaler = StandardScaler().fit(table[early])
        history = tuple(csr_matrix(scaler.transform(table[part])) for part in (early, ~early))
        truth, learned = suspected[~early], suspected[early]
        by_words = judge(*words, truth, learned)
        by_counts = judge(*history, truth, learned)
        both = judge(hstack([words[0], history[0]]), hstack([words[1], history[1]]), truth, learned)
        print(
            f"{directory.name:<12}{len(rows):>11}{len(truth):>8}{truth.mean():>7.3f}"
            f"{by_words:>8.3f}{by_counts:>8.3f}{both:>8.3f}{both - by_words:>+7.3f}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
