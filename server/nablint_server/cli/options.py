"""Options that commands share, and what they come to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from nablint_server.cli.output import CLEAN, FAILED, FINDINGS, complain, stop
from nablint_server.configuration import ConfigurationError, Configurations, Overrides
from nablint_server.files.walking import excluded, walk
from nablint_server.running.many import run_all
from nablint_server.running.outcome import Outcome
from nablint_server.running.task import Task

WORDS = "A,B,..."
"""Words with commas between them; such an option may be repeated."""


def selection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that say which files, rules and configuration."""
    for option in reversed((
        click.argument("paths", nargs=-1, metavar="[PATH ...]"),
        click.option("--select", multiple=True, metavar=WORDS, help="Rules to follow: codes, names, ALL."),
        click.option("--ignore", multiple=True, metavar=WORDS, help="Rules to leave out."),
        click.option("--extend-select", multiple=True, metavar=WORDS, help="Further rules to follow."),
        click.option("--exclude", multiple=True, metavar=WORDS, help="Files and folders to leave out, as patterns."),
        click.option("--extend-exclude", multiple=True, metavar=WORDS, help="Further ones to leave out."),
        click.option("--force-exclude", is_flag=True, help="Leave them out even when named on the command line."),
        click.option("--respect-gitignore/--no-respect-gitignore", default=None, help="Leave out what git ignores."),
        click.option("--stdin-filename", metavar="NAME", help="The name of what `-` reads from standard input."),
        click.option("--config", type=click.Path(path_type=Path), help="Use this configuration file for all files."),
        click.option("--isolated", is_flag=True, help="Read no configuration file."),
        click.option("--time-limit", type=float, metavar="SECONDS", help="For the analysis of one file."),
        click.option("--no-cache", is_flag=True, help="Judge unchanged files again, and remember nothing of them."),
        click.option("--jobs", "-j", type=click.IntRange(1), help="Processes; as many as processors by default."),
        click.option("--output-file", "-o", type=click.Path(path_type=Path), help="Write the report there."),
        click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto",
                     help="Colours; only on a terminal by default."),
    )):  # fmt: skip
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Selection:
    """What the options of `selection` say."""

    paths: tuple[str, ...]
    overrides: Overrides
    force_exclude: bool
    stdin_filename: str | None
    config: Path | None
    isolated: bool
    jobs: int | None
    cached: bool

    @classmethod
    def of(cls, options: dict[str, Any]) -> Selection:
        """From the options as click gives them."""

        def words(name: str) -> tuple[str, ...]:
            given = (word.strip() for list_of in options[name] for word in list_of.split(","))
            return tuple(word for word in given if word)

        overrides = Overrides(
            words("select") or None, words("ignore") or None, words("extend_select"),
            words("exclude") or None, words("extend_exclude"), options["time_limit"],
            options["respect_gitignore"],
        )  # fmt: skip
        return cls(
            options["paths"] or (".",), overrides, options["force_exclude"], options["stdin_filename"],
            options["config"], options["isolated"], options["jobs"], not options["no_cache"],
        )  # fmt: skip

    def configurations(self) -> Configurations:
        """The configuration of each folder; ends the program when the command line names what is not there."""
        try:
            found = Configurations(self.overrides, fixed=self.config, isolated=self.isolated)
            self.overrides.check()
        except ConfigurationError as error:
            stop(str(error))
        return found

    def outcomes(self, *, explain: bool = False, prove: bool = False, list_claims: bool = True,
                 **how: Any) -> Iterator[Outcome]:
        """Every file judged, in order, with `how` to do it (see `Task`); failures are told as they come."""
        failures: list[Outcome] = []
        tasks: list[Task] = []
        places: list[Outcome | Task] = []
        for one in self._found(how):
            if isinstance(one, Task):
                one = replace(one, cached=self.cached, settings=replace(
                    one.settings, explain=explain, prove=prove, list_claims=list_claims))
                tasks.append(one)
            places.append(one)
        judged = run_all(tasks, self.jobs)
        for one in places:
            outcome = next(judged) if isinstance(one, Task) else one
            if outcome.error is not None:
                complain(f"{outcome.filename}: {outcome.error}")
                failures.append(outcome)
            yield outcome

    def _found(self, how: dict[str, Any]) -> Iterator[Outcome | Task]:
        configurations = self.configurations()
        if "-" in self.paths:
            if self.paths != ("-",):
                stop("`-` stands for standard input and cannot be mixed with paths")
            name = self.stdin_filename or "-"
            try:
                configuration = configurations.of_file(Path(self.stdin_filename or "stdin.py"))
            except ConfigurationError as error:
                stop(str(error))
            data = sys.stdin.buffer.read()
            if self.force_exclude and self.stdin_filename and excluded(Path(name), configuration):
                yield Outcome(name, data=data)
                return
            yield Task(name, configuration.for_file(Path(name).absolute()), data, **how)
            return
        for found in walk(self.paths, configurations, force_exclude=self.force_exclude):
            if found.configuration is None:
                yield Outcome(str(found.path), error=found.error)
            else:
                yield Task(str(found.path), found.configuration.for_file(found.path.absolute()), **how)


@dataclass(slots=True)
class Tally:
    """Passes outcomes on and remembers what the exit status and the summary need."""

    files: int = 0
    findings: int = 0
    fixable: int = 0
    fixed: int = 0
    failed: int = 0

    def watch(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        """The same outcomes."""
        for outcome in outcomes:
            self.files += 1
            self.failed += outcome.error is not None
            self.fixed += outcome.fixed
            self.findings += len(outcome.diagnostics)
            self.fixable += sum(d.fix is not None and d.fix.applicability == "safe" for d in outcome.diagnostics)
            yield outcome

    def status(self, *, exit_zero: bool = False) -> int:
        """The exit status."""
        if self.failed:
            return FAILED
        return FINDINGS if self.findings and not exit_zero else CLEAN
