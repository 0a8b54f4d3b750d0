#!/usr/bin/env python3
"""Deadlines computed a second time, and compared with what `triage deadline` says.

    benches/statute/check.py BINARY [CSV]      CSV: date,kind(off|work),name; instead of the notices below

Nothing is shared with the service: the notices are written down once more (holiday by holiday, first day and number of
days), the statutory days follow from the dates of the festivals, and days are found in sorted lists, not by walking.
Counts every date on which any of the fields differs; exits with 1 when there is one.
"""

import bisect
import csv
import json
import random
import subprocess
import sys
from datetime import date, timedelta

ONE = timedelta(days=1)
# Year of the notice: holidays as MMDD+days (a leading `-` is December of the year before); then days worked.
NOTICES = {
    2018: ("0101+1 0215+7 0405+3 0429+3 0618+1 0924+1 1001+7", "0211 0224 0408 0428 0929 0930"),
    2019: ("-1230+3 0204+7 0405+1 0501+4 0607+1 0913+1 1001+7", "-1229 0202 0203 0428 0505 0929 1012"),
    2020: ("0101+1 0124+10 0404+3 0501+5 0625+3 1001+8", "0119 0426 0509 0628 0927 1010"),
    2021: ("0101+3 0211+7 0403+3 0501+5 0612+3 0919+3 1001+7", "0207 0220 0425 0508 0918 0926 1009"),
    2022: ("0101+3 0131+7 0403+3 0430+5 0603+3 0910+3 1001+7", "0129 0130 0402 0424 0507 1008 1009"),
    2023: ("-1231+3 0121+7 0405+1 0429+5 0622+3 0929+8", "0128 0129 0423 0506 0625 1007 1008"),
    2024: ("0101+1 0210+8 0404+3 0501+5 0610+1 0915+3 1001+7", "0204 0218 0407 0428 0511 0914 0929 1012"),
    2025: ("0101+1 0128+8 0404+3 0501+5 0531+3 1001+8", "0126 0208 0427 0928 1011"),
    2026: ("0101+3 0215+9 0404+3 0501+5 0619+3 0925+3 1001+7", "0104 0214 0228 0509 0920 1010"),
}
# 正月初一, 清明, 端午, 中秋.
FESTIVALS = {
    2018: "0216 0405 0618 0924", 2019: "0205 0405 0607 0913", 2020: "0125 0404 0625 1001",
    2021: "0212 0404 0614 0921", 2022: "0201 0405 0603 0910", 2023: "0122 0405 0622 0929",
    2024: "0210 0404 0610 0917", 2025: "0129 0404 0531 1006", 2026: "0217 0405 0619 0925",
}
KNOWN = range(2018, 2027)
# duty: (Order 20, Order 121) as (days, working days?, testing left out?)
TERMS = {
    "accept": ((7, True, False),) * 2,
    "mediate": ((45, True, True), (60, False, True)),
    "notify_termination": ((7, True, False),) * 2,
    "verify": ((15, True, True),) * 2,
    "verify_prolonged": ((30, True, True),) * 2,
    "resolve_competence": ((7, True, False),) * 2,
    "tell_complainant": ((7, True, False),) * 2,
    "notify_termination_respondent": ((7, True, False),) * 2,
    "reply_reconsideration": ((10, True, False),) * 2,
    "reply_suit": ((15, False, False),) * 2,
    "reply_simplified": ((5, True, False),) * 2,
    "decide_case": ((90, False, True),) * 2,
    "decide_case_prolonged": ((120, False, True),) * 2,
    # Advertising: seven working days under either order.
    "tell_reporter": ((7, True, False),) * 2,
}
# A duty with a term for some matters only: the category that is asked for, and what the article of that term says.
ONLY = {"tell_reporter": ("广告", "第五十三条")}
# A last day that is not worked moves on whatever the reading of Art. 45.
COURT = {"reply_suit"}
READINGS = ("statutory", "block", "any_rest_day")


def on(year, text):
    year, text = (year - 1, text[1:]) if text[0] == "-" else (year, text)
    return date(year, int(text[:2]), int(text[2:]))


def notices(path):
    if path:
        with open(path, encoding="utf-8") as file:
            rows = [(date.fromisoformat(row["date"]), row["kind"]) for row in csv.DictReader(file)]
        return {day for day, kind in rows if kind == "off"}, {day for day, kind in rows if kind == "work"}
    off, work = set(), set()
    for year, (holidays, worked) in NOTICES.items():
        for holiday in holidays.split():
            first, days = holiday.split("+")
            off |= {on(year, first) + ONE * n for n in range(int(days))}
        work |= {on(year, day) for day in worked.split()}
    return off, work


def statutory_days():
    days = set()
    for year, text in FESTIVALS.items():
        spring, *others = (on(year, day) for day in text.split())
        days |= {date(year, 1, 1), date(year, 5, 1), *others}
        days |= {spring + ONE * n for n in range(3)} | {date(year, 10, n) for n in (1, 2, 3)}
        if year >= 2025:
            days |= {spring - ONE, date(year, 5, 2)}
    return days


class Law:
    def __init__(self, path):
        off, work = notices(path)
        every = [date(2017, 1, 1) + ONE * n for n in range(365 * 13)]
        self.working = [day for day in every if day in work or (day.weekday() < 5 and day not in off)]
        self.every = every
        # Days a term may end on, in each reading.
        statutory = statutory_days()
        barred = {"statutory": statutory, "block": off, "any_rest_day": set(every) - set(self.working)}
        self.ends = {reading: [day for day in every if day not in barred[reading]] for reading in READINGS}

    def deadline(self, duty, start, reading, testing):
        new = start >= date(2026, 4, 15)
        days, working, leaves_out = TERMS[duty][new]
        line = self.working if working else self.every
        left_out = {a + ONE * n for a, b in testing for n in range((b - a).days + 1)} if leaves_out else set()
        if left_out:
            line = [day for day in line if day not in left_out]
        last = line[bisect.bisect_right(line, start) + days - 1]
        ends = [last] * 3
        if not working:
            readings = ["any_rest_day"] * 3 if duty in COURT else READINGS
            ends = [self.ends[r][bisect.bisect_left(self.ends[r], last)] for r in readings]
        years = range((start + ONE).year, max(ends).year + 1)
        return {
            "law": "order121" if new else "order20" if start >= date(2020, 1, 1) else "earlier",
            "due": min(ends).isoformat(),
            "latest": max(ends).isoformat(),
            "by_setting": ends[READINGS.index(reading)].isoformat(),
            "provisional": any(year not in KNOWN for year in years),
        }


def asked(binary, dates, duty, reading, testing):
    spans = [argument for a, b in testing for argument in ("--testing", f"{a}..{b}")]
    category, article = ONLY.get(duty, ("", ""))
    command = [binary, "deadline", "-", "--json", "--duty", duty, "--art45", reading, "--category", category, *spans]
    text = "\n".join(day.isoformat() for day in dates)
    rows = json.loads(subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout)
    return [row for row in rows if article in row["article"]]


def main():
    law = Law(sys.argv[2] if len(sys.argv) > 2 else None)
    dice = random.Random(20260415)
    first, last = date(2018, 1, 1), date(2027, 12, 31)
    pick = lambda: first + ONE * dice.randrange((last - first).days + 1)
    dates = [pick() for _ in range(10_000)]
    compared = differing = 0
    for duty in TERMS:
        for reading in READINGS:
            for spans in (0, 40):
                starts = [pick() for _ in range(spans)]
                testing = [(day, day + ONE * dice.randrange(30)) for day in starts]
                for start, got in zip(dates, asked(sys.argv[1], dates, duty, reading, testing), strict=True):
                    expected = law.deadline(duty, start, reading, testing)
                    compared += 1
                    if got["started"] != start.isoformat() or any(got[key] != expected[key] for key in expected):
                        differing += 1
                        if differing <= 10:
                            print(f"{duty} {reading} {start}: expected {expected}, got {got}")
    print(f"{compared} deadlines compared ({len(dates)} dates, {len(TERMS)} duties, {len(READINGS)} readings, "
          f"with and without testing time): {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
