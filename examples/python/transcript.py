"""What the examples print: one ✓ line for each thing that was as expected; the first that is not ends the run."""

import sys

from triage_client import Refused


class Transcript:
    def __init__(self):
        self.checks = 0

    def title(self, text):
        print(f"\n── {text}")

    def note(self, text):
        print(f"    {text}")

    def check(self, said, holds, seen=None):
        if not holds:
            print(f"  ✗ {said}" + ("" if seen is None else f"\n    seen: {seen}"), flush=True)
            sys.exit(1)
        self.checks += 1
        print(f"  ✓ {said}")

    def equal(self, said, seen, expected):
        self.check(said, seen == expected, f"{seen!r}, expected {expected!r}")

    def refused(self, said, call, code, reason, fields=None):
        """`call` must be refused with this code and reason, naming exactly these fields; every detail must be there."""
        try:
            answer = call()
        except Refused as error:
            refused = error
        else:
            return self.check(said, False, f"not refused: {answer!r}")
        return self.is_refusal(said, refused, code, reason, fields)

    def is_refusal(self, said, refused, code, reason, fields=None):
        right = (
            isinstance(refused, Refused)
            and (refused.code.name, refused.reason) == (code, reason)
            and refused.domain == "triage"
            and refused.locale == "zh-CN"
            and refused.zh != ""
            and (refused.retry_after is not None) == (code in ("UNAVAILABLE", "RESOURCE_EXHAUSTED"))
            and sorted(refused.paths) == sorted(fields or [])
        )
        seen = refused
        if isinstance(refused, Refused):
            seen = f"{refused}\n    named: {sorted(refused.paths)}\n    expected: {code} {reason} {sorted(fields or [])}"
        self.check(f"{said} → {code} {reason}", right, seen)
        if refused.fields:
            for wrong in refused.fields:
                self.note(f"· {wrong.path or '(request)'}: {wrong.description} / {wrong.zh}")
        else:
            self.note(f"{refused.message} / {refused.zh}")
        return refused
