"""How long `plan` takes, beside a textbook program that does less and a validator that does less still.

`python benchmarks/plan.py` makes projects of 1,000 and 10,000 definitions, creates them in a sandbox, and measures
whole processes: with nothing changed, and with one in twenty edited. The textbook reads each file with PyYAML's C
loader, validates it with one jsonschema validator and compares unequal ones with deepdiff: no zones, no policies, no
places for messages. check-jsonschema only validates. `--sizes 100000` takes another size.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import PROGRAM, ROOT, WORD, measure, sandbox, table

DEFINITION = """\
# A campaign of the benchmark.
name: Campaign {number}
schedule:
  at: 2040-{month:02}-{day:02}T09:00
  timezone: Europe/Berlin
segments: [seg_{segment}, seg_all]
description: What campaign {number} is about
owner: team-{team}
"""


def make(folder: Path, size: int) -> None:
    """Write a project with a recorded broadcast for each definition."""
    for number in range(size):
        path = folder / "broadcasts" / f"{number // 500:03}" / f"c{number:06}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        month, day = number % 12 + 1, number % 28 + 1
        text = DEFINITION.format(number=number, month=month, day=day, segment=number % 50, team=number % 9)
        path.write_text(text, encoding="utf-8")
    (folder / "invent.yaml").write_text(f"policies: {{max_creates: {size}}}\n", encoding="utf-8")
    with sandbox(folder) as env:
        words = [*PROGRAM, "apply", "--yes", "--quiet", "--rate", "1000000", "--concurrency", "8"]
        subprocess.run(words, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)


def edit(folder: Path) -> None:
    """Another name for one definition in twenty."""
    for path in sorted((folder / "broadcasts").rglob("*.yaml"))[::20]:
        path.write_text(path.read_text(encoding="utf-8").replace("name: Campaign", "name: Edited"), encoding="utf-8")


def textbook(folder: Path) -> None:
    """Run the program that one would write in an afternoon."""
    import jsonschema
    import yaml
    from deepdiff import DeepDiff

    schema = json.loads((ROOT / "schemas" / "broadcast.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    state = json.loads((folder / "invent.state.json").read_text(encoding="utf-8"))["broadcasts"]
    changed = 0
    for path in sorted((folder / "broadcasts").rglob("*.yaml")):
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        data["schedule"]["at"] = str(data["schedule"]["at"])
        if list(validator.iter_errors(data)):
            raise SystemExit(f"{path} is invalid")
        key = path.relative_to(folder / "broadcasts").with_suffix("").as_posix()
        wanted = {"name": data["name"], "segment_ids": sorted(data["segments"])}
        known = {field: state[key]["request"][field] for field in wanted}
        changed += wanted != known and bool(DeepDiff(known, wanted))
    print(f"{changed} changed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--textbook", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.textbook:
        textbook(arguments.textbook)
        return
    start = {"python -c pass": [sys.executable, "-c", "pass"], "--version": [str(WORD), "--version"]}
    print("## Starting\n", *table(measure(start, ROOT, arguments.runs), "python -c pass"), sep="\n")
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            folder = Path(name)
            make(folder, size)
            schema = str(ROOT / "schemas" / "broadcast.schema.json")
            files = sorted(str(path) for path in (folder / "broadcasts").rglob("*.yaml"))
            commands = {
                "plan": [str(WORD), "plan"],
                "textbook": [sys.executable, __file__, "--textbook", str(folder)],
                "check-jsonschema": [str(WORD.with_name("check-jsonschema")), "--schemafile", schema, *files],
            }
            print(f"\n## {size:,} definitions, nothing changed\n")
            print(*table(measure(commands, folder, arguments.runs), "plan"), sep="\n", flush=True)
            edit(folder)
            del commands["check-jsonschema"]
            print(f"\n## {size:,} definitions, one in twenty edited\n")
            print(*table(measure(commands, folder, arguments.runs), "plan"), sep="\n", flush=True)


if __name__ == "__main__":
    main()
