import sys, os, tempfile
from pathlib import Path
from tests.engine.act import Engine
from tests.engine.world import repository
import tests.engine.scenarios as s
from tests.running import ROOT
f=Path(tempfile.mkdtemp(prefix="engine-")); print(f)
(f/"gitconfig").write_text("[user]\nname=A\nemail=a@b.test\n[init]\ndefaultBranch=main\n")
os.environ["GIT_CONFIG_GLOBAL"]=str(f/"gitconfig")
e=Engine(Path("/tmp/actprobe/v/bin/act"), Path(sys._base_executable), Path("/tmp/eng2/action"))
with repository(f,e) as r:
    getattr(s,sys.argv[1])(r)
