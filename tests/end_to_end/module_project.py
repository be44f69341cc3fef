"""
A project of policies whose dependencies come from a proxy of made-up modules.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from policy_tasks import compile, load_settings
from policy_tasks.errors import PolicyTasksError
from policy_tasks.settings import Settings
from tests.module_proxy import ModuleProxy


def answering(package: str, answer: str, *imports: str, extra: str = "") -> str:
    """
    A policy whose answer is this Go expression.
    """
    lines = "".join(f'\t"{path}"\n' for path in imports)
    return f"""package {package}

import (
	"context"

{lines})

type Policy struct{{}}

func (Policy) Name() string {{ return "{package}" }}

func (Policy) Execute(ctx context.Context, input any) (any, error) {{ return {answer}, nil }}

func (Policy) Validate() error {{ return nil }}
{extra}"""


class Project:
    """
    A project whose modules come from the proxy alone.
    """

    def __init__(self, root: Path, proxy: ModuleProxy) -> None:
        self.root = root
        self.proxy = proxy

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def policy(self, name: str, *requires: str, answer: str = "", mod: str = "", go: str = "1.21") -> Path:
        """Write a policy that asks for these modules, `path version`, and answers with the first one's Version."""
        paths = [each.split()[0] for each in requires]
        package = paths[0].split("/")[1] if paths else ""
        lines = "".join(f"require {each}\n" for each in requires)
        self.write(f"policies/{name}/go.mod", f"module example.com/{name}\n\ngo {go}\n\n{lines}{mod}")
        code = answering(name, answer or (f"{package}.Version" if paths else '""'), *paths[:1])
        return self.write(f"policies/{name}/{name}.go", code)

    def settings(self, **settings: Any) -> Settings:
        """The settings of the project."""
        return load_settings(self.root, **settings)

    def refuse(self, **settings: Any) -> PolicyTasksError:
        """Compile, and return the error."""
        with pytest.raises(PolicyTasksError) as caught:
            compile(self.settings(**settings))
        return caught.value

    def answers(self, **settings: Any) -> Mapping[str, Any]:
        """Compile and run: each policy's answer, by its name."""
        binary = compile(self.settings(**settings))
        ran = subprocess.run([binary.path], capture_output=True, check=False, input=b"")
        assert ran.returncode == 0, ran.stderr
        return {each["name"]: each["result"] for each in json.loads(ran.stdout)["results"]}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> ModuleProxy:
    """A proxy that has x.example/lib in several versions, a fork of it, and modules that ask for it."""
    made = ModuleProxy(tmp_path_factory.mktemp("proxy"))
    for version in ("v1.0.0", "v1.1.0", "v1.2.0"):
        made.add("x.example/lib", version)
    made.add("x.example/lib/v2", "v2.0.0")
    made.add("x.example/fork", "v1.5.0", {"lib.go": 'package lib\n\nconst Version = "fork"\n'})
    made.add(
        "x.example/needs",
        "v1.0.0",
        {"needs.go": 'package needs\n\nimport "x.example/lib"\n\nconst Version = "needs " + lib.Version\n'},
        mod="require x.example/lib v1.2.0\n",
    )
    return made


@pytest.fixture
def project(tmp_path: Path, proxy: ModuleProxy, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project."""
    proxy.use(monkeypatch)
    return Project(tmp_path, proxy)
