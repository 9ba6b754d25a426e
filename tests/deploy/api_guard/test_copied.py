"""The folder is made to be copied: under another name, beside no framework and nothing of ours."""

import shutil
import subprocess
import sys
from pathlib import Path

import deploy.api_guard

HERE = Path(deploy.api_guard.__file__).parent
PROGRAM = """
import sys
from guard_of_ours import Guard, Rule
RULES = [Rule("/extract", scope=["records"], max_age=60)]
async def app(scope, receive, send): ...
Guard(app, issuer="https://id.example", audience="https://records.example", scope=["records"], rules=RULES)
foreign = {name.partition(".")[0] for name in sys.modules} & {"starlette", "authlib", "idp", "deploy", "sqlalchemy"}
sys.exit(", ".join(sorted(foreign)) or None)
"""


def test_a_copy_works_by_itself(tmp_path: Path) -> None:
    shutil.copytree(HERE, tmp_path / "guard_of_ours", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
