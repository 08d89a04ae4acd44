"""The table of a comparison, and the bars that it is held to."""

import statistics
import sys
from dataclasses import dataclass

import reference

OURS = "sphereflow"

# Problem, our program, the peers' labels begin with (the fastest counts; the empty beginning is all), the largest ratio ours / peer.
BARS = [
    ("P2-7", OURS, "", 1 / 3),
    ("P2-7", OURS, "NumPy", 1 / 30),
    ("P2-7", OURS, "JAX", 1 / 30),
    ("P2-7", OURS, "PyTorch", 1 / 30),
    ("P1-1e6", OURS, "", 1 / 2),
    ("P1-1e6", OURS, "NumPy", 1 / 10),
    ("P1-1e3", OURS, "", 1),
    ("P2z-7", OURS, "Numba + ducc0", 0.8),
    ("P3-1e5", OURS, "Numba", 0.8),
    ("P3-1e5", OURS, "JAX", 1 / 6),
    ("J-von-mises-fisher", OURS, "ducc0", 1.5),
    ("J-low-pass-128", OURS, "ducc0", 1.5),
    ("J-low-pass-256", OURS, "ducc0", 1.5),
    ("J-low-pass-512", OURS, "ducc0", 1.5),
    ("J-relu", OURS, "NumPy, stored", 1 / 20),
    ("J-relu", OURS, "Numba, flips", 1 / 1.5),
    ("J-relu", "sphereflow, direct", "NumPy, matrix-free", 1 / 4),
]


@dataclass
class Row:
    """What is known of one program on one problem: seconds of a step, and how far its state and F are from those of the others."""

    problem: str
    label: str
    count: int
    seconds: list
    state: float | None
    objective: float | None
    agrees: bool
    versions: dict

    @classmethod
    def of(cls, name, problem, program, ours, exact):
        """Compares with the exact J where there is one, else with our state; F with ours, which we computed by our own means.

        A program on cells of its own has no state to compare; it has checked itself.
        """
        versions, count = program.about.get("versions", {}), program.about.get("count", problem.count)
        row = cls(name, program.label, count, program.seconds, None, None, True, versions)
        if len(program.state) == 0:
            return row
        sample, value = exact or (slice(None), ours.state)
        row.state = difference(program.state[sample], value)
        own = reference.objective(problem, program.state)
        if own is not None:
            row.objective = abs(own / ours.about["objective"] - 1)
        most = reference.STATE.get(problem.kind, reference.STATE_ELSE)
        row.agrees = row.state <= most and (row.objective or 0) <= reference.OBJECTIVE
        return row

    @property
    def median(self):
        return statistics.median(self.seconds)

    def nanoseconds(self, seconds):
        return f"{1e9 * seconds / self.count:.3g}"


def difference(state, other):
    """The largest, relative to the largest value."""
    return abs(state - other).max() / abs(other).max()


class Table:
    """The rows, printed as they come; then versions, bars, and what does not agree."""

    def __init__(self):
        self.rows = {}
        self.head_is_printed = False

    def add(self, row):
        self.rows[row.problem, row.label] = row
        ours = self.rows[row.problem, OURS]
        ratio = row.median / row.count / (ours.median / ours.count)
        span = f"{row.nanoseconds(min(row.seconds))} - {row.nanoseconds(max(row.seconds))}"
        differences = ["" if value is None else f"{value:.0e}" for value in (row.state, row.objective)]
        self.print(row.problem, row.label, row.nanoseconds(row.median), span, f"{ratio:.2f}", *differences)

    def miss(self, problem, label, reason):
        self.print(problem, label, f"not run: {reason}", "", "", "", "")

    def print(self, *cells):
        if not self.head_is_printed:
            print("| problem | program | CPU ns a cell and step | least - greatest | times ours | difference of the state | of F |")
            print("|---|---|---|---|---|---|---|")
            self.head_is_printed = True
        print("| " + " | ".join(cells) + " |", flush=True)

    def print_end(self):
        versions = {tool: version for row in self.rows.values() for tool, version in row.versions.items()}
        print("\n" + ", ".join(f"{tool} {version}" for tool, version in versions.items()) + ".")
        self.print_bars()
        disagreeing = [row for row in self.rows.values() if not row.agrees]
        for row in disagreeing:
            print(f"\nnot in agreement: {row.problem}, {row.label}")
        if disagreeing:
            sys.exit(1)

    def print_bars(self):
        print("\n| bar | best peer | measured | met |\n|---|---|---|---|")
        for problem, own, beginning, most in BARS:
            peers = self.peers(problem, beginning)
            if not peers or (problem, own) not in self.rows:
                continue
            best = min(peers, key=lambda row: row.median)
            ratio = self.rows[problem, own].median / best.median
            what = f"{problem}: {own} / {beginning or 'best peer'} <= {most:.3g}"
            print(f"| {what} | {best.label} | {ratio:.3g} | {'yes' if ratio <= most else 'no'} |")

    def peers(self, problem, beginning):
        rows = [row for (name, _), row in self.rows.items() if name == problem]
        return [row for row in rows if not row.label.startswith(OURS) and row.label.startswith(beginning)]
