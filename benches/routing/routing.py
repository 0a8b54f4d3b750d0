"""How evenly each policy spreads a simulated year of work, against the best that any assignment within competence could do.

For each seed: a year of `triage simulate`, its outcomes left out, imported under a bureau file in which neighbouring
stations may act for each other; then `triage what-if` plays every policy and baseline over it, and a linear programme
gives, month by month, the lowest possible highest load (work units per officer-day) of any split of the same work
among the units competent for it - fractions of files allowed, the whole month known ahead. See README.md.
"""

import argparse
import csv
import json
import re
import subprocess
from pathlib import Path

from scipy.optimize import linprog

OUTCOME = ["初查受理状态", "不予受理原因", "办理情况状态", "处理机构", "办结时间", "挽回经济损失(单位:元)", "疑似职业索赔"]
DOCUMENT = "（虚构）示例发〔2026〕2号《关于相邻所协同办理投诉举报的通知》"
# The desk for suspected claims is made up from officers of the brigade, who get nothing from the other policies.
DESK, DESK_OFFICERS, BRIGADE = "zhuanban", 8, "zhifadadui"


def shared(text, asked, desk):
    """Every place gets alternates: the stations of its own's area, so many in the order of the file; or with 0 the two beside
    its own, as on a ring; and the desk, if there is one."""
    area = asked.area
    settings = f"settings.affinity_work_units = {asked.affinity}\nsettings.bundle_most = {asked.bundle}\n"
    text = text.replace("settings.lease_minutes", settings + "settings.lease_minutes", 1)
    stations = re.findall(r'id = "(\w+)", name = "[^"]*", kind = "station"', text)
    text = re.sub(r', alternates = \[[^\]]*\], authorised_by = "[^"]*"', "", text)

    def place(found):
        at = stations.index(found[1])
        ring = [stations[at - 1], stations[(at + 1) % len(stations)]]
        first = at - at % area if area else 0
        others = [name for name in stations[first:first + area] if name != found[1]] if area else ring
        names = ", ".join(f'"{name}"' for name in others + ([DESK] if desk else []))
        return f'station = "{found[1]}", alternates = [{names}], authorised_by = "{DOCUMENT}" }}'

    text = re.sub(r'station = "(\w+)" \}', place, text)
    if desk:
        unit = f'  {{ id = "{DESK}", name = "疑似件专班", kind = "station", tracks = ["complaint"] }},\n'
        text = text.replace("unit = [\n", "unit = [\n" + unit, 1)
        text = text.replace(f'unit = "{BRIGADE}"', f'unit = "{DESK}"', DESK_OFFICERS)
    return text


def run(triage, data, *arguments):
    done = subprocess.run([triage, "--data", data, *map(str, arguments)], check=True, capture_output=True, text=True)
    return done.stdout


def prepare(asked, seed):
    """A data directory with the year in it, and the bureau file that has a desk."""
    home = asked.out / f"{seed}-{asked.area}-{asked.affinity}-{asked.bundle}"
    data = home / "data"
    run(asked.triage, data, "simulate", "--seed", seed, "--items", asked.items, "--months", 12, "--out", home)
    with open(home / "history.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(home / "received.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows({name: "" if name in OUTCOME else cell for name, cell in row.items()} for row in rows)
    written = (home / "bureau.toml").read_text(encoding="utf-8")
    for name, desk in [("shared.toml", False), ("desk.toml", True)]:
        (home / name).write_text(shared(written, asked, desk), encoding="utf-8")
    if not data.exists():
        run(asked.triage, data, "bureau", "load", home / "shared.toml")
        run(asked.triage, data, "import", home / "received.csv")
        run(asked.triage, data, "import", home / "history.csv")
    return home, data


def bound(month, sharing):
    """The lowest highest load: minimise t over the work x[set, unit] >= 0 with sum(x[set]) = work of the set and
    sum(x[unit]) <= t * officer-days of the unit."""
    days = {unit["unit"]: unit["officer_days"] for unit in month["units"] if unit["shares"] or not sharing}
    sets = [([unit for unit in units if unit in days], work) for units, work in month["work"]]
    sets = [(units, work) for units, work in sets if units]
    pairs = [(at, unit) for at, (units, _) in enumerate(sets) for unit in units]
    order = list(days)
    equal = [[float(pair[0] == at) for pair in pairs] + [0.0] for at in range(len(sets))]
    upper = [[float(pair[1] == unit) for pair in pairs] + [-days[unit]] for unit in order]
    best = linprog([0.0] * len(pairs) + [1.0], A_ub=upper, b_ub=[0.0] * len(order), A_eq=equal,
                   b_eq=[work for _, work in sets], method="highs")
    assert best.success, best.message
    return best.fun


def ratios(figures, sharing):
    """Highest load by bound, of each month."""
    found = []
    for month in figures["months"]:
        loads = [unit["work"] / unit["officer_days"] for unit in month["units"] if unit["shares"] or not sharing]
        found.append(max(loads) / bound(month, sharing))
    return found


def line(*cells):
    print("| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |")


def judge(asked, seed):
    home, data = prepare(asked, seed)
    common = ("what-if", "--json", "--pace", asked.pace, "--held-days", asked.held_days)
    policies = ["--policy", "balanced", "--policy", "station", "--policy", "territory", "--policy", "round-robin",
                "--policy", "random", "--policy", "open-work", "--above", asked.above, "--seed", seed]
    found = json.loads(run(asked.triage, data, *common, *policies))["variants"][1:]
    pool = ["--file", home / "desk.toml", "--policy", "pool", "--pool-unit", DESK, "--above", asked.above]
    found.append(json.loads(run(asked.triage, data, *common, *pool))["variants"][-1])
    (home / "found.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    station = next(one for one in found if one["name"] == "仅属地")
    for one in found:
        even, whole = ratios(one, True), ratios(one, False)
        first, base = one["first_time"], station["first_time"]
        line(seed, one["name"], f'{one["with_choice"] / one["files"]:.1%}', one["highest_shared"], max(even),
             sum(even) / len(even), max(whole), one["gini"], one["waits"]["p50"], one["waits"]["p99"], first["mean"], first["p95"],
             "yes" if first["mean"] <= 1.05 * base["mean"] and first["p95"] <= 1.05 * base["p95"] else "NO",
             one["overdue"], one["moves"])


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--triage", default="target/release/triage")
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--seeds", type=int, nargs="+", default=[52061, 310877, 884423])
    asked.add_argument("--items", type=int, default=7146, help="items of the year: half of the model case's two years")
    asked.add_argument("--area", type=int, default=5, help="stations of an area that act for each other; 0: the two beside")
    asked.add_argument("--affinity", type=float, default=0.1, help="settings.affinity_work_units of the bureau file")
    asked.add_argument("--bundle", type=int, default=10, help="settings.bundle_most of the bureau file")
    asked.add_argument("--pace", type=float, default=1.0, help="work units an officer does in a working day")
    asked.add_argument("--held-days", type=int, default=15, help="working days from pull to end")
    asked.add_argument("--above", type=float, default=3.0, help="limit of `territory` and `pool`, work units per officer")
    asked = asked.parse_args()
    line("seed", "policy", "≥ 2 competent", "highest", "max ÷ bound", "mean ÷ bound", "whole bureau: max ÷ bound", "Gini", "wait p50",
         "p99", "first-timers mean", "p95", "≤ station + 5 %", "overdue", "hand-overs")
    print("|---" * 15 + "|")
    for seed in asked.seeds:
        judge(asked, seed)


if __name__ == "__main__":
    main()
