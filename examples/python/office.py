"""What an administrator does at a terminal, done by a program: `triage` commands, their output read back."""

import json
import os
import subprocess
import tomllib


class Office:
    """The commands of one bureau's database: a data directory and, unless it is SQLite, a database URL."""

    def __init__(self, data, database=None, program=None):
        self.program = program or os.environ.get("TRIAGE_BIN", "triage")
        self.environment = {**os.environ, "TRIAGE_DATA": data}
        self.environment.pop("TRIAGE_DATABASE", None)
        if database:
            self.environment["TRIAGE_DATABASE"] = database

    def run(self, *arguments):
        """Standard output; a command that fails says why on standard error and ends the run."""
        done = subprocess.run(
            [self.program, *arguments], env=self.environment, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"✗ triage {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}")
        return done.stdout

    def add_caller(self, role, name, unit=None):
        """The new caller's token."""
        of_unit = ["--unit", unit] if unit else []
        return json.loads(self.run("caller", "add", "--role", role, *of_unit, "--name", name, "--json"))["token"]

    def bureau(self):
        """The bureau file in force: units, officers, streets (单位名册)."""
        return tomllib.loads(self.run("bureau", "show"))

    def train(self):
        return self.run("train", "--use")

    def replay(self):
        return json.loads(self.run("replay", "--json"))
