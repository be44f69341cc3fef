"""
The packages of policies of other people: those that the copies of several versions import, and those that no policy needs.
"""

from __future__ import annotations

import pytest

from tests.end_to_end.module_project import Project, answering
from tests.module_proxy import ModuleProxy

pytestmark = pytest.mark.needs("go")


@pytest.mark.parametrize("below", ["api", "v2"], ids=["a module in a folder", "the next major"])
def test_several_versions_import_another_module_below_their_path(
    below: str, project: Project, proxy: ModuleProxy
) -> None:
    """A module below the path of one that is there in several versions is what it is, for imports and for linknames."""
    path = f"nested-{below}.example/p"
    hidden = 'package api\n\nimport _ "unsafe"\n\n//go:linkname hidden\nfunc hidden() string { return "api" }\n'
    proxy.add(f"{path}/{below}", "v2.0.0" if below == "v2" else "v1.0.0", {"api.go": hidden})
    linked = (
        f'package p\n\nimport (\n\t_ "unsafe"\n\n\t_ "{path}/{below}"\n)\n\n'
        f"//go:linkname hidden {path}/{below}.hidden\nfunc hidden() string\n"
    )
    for version in ("v1.0.0", "v1.1.0"):
        own = f'package own\n\nconst Version = "{version} "\n'
        files = {
            "p.go": answering("p", "own.Version + hidden()", f"{path}/own"),
            "linked.go": linked,
            "linked.s": "",
            "own/own.go": own,
        }
        proxy.add(path, version, files, mod=f"require {path}/{below} {'v2.0.0' if below == 'v2' else 'v1.0.0'}\n")
    policies = [f"{path}@v1.0.0", f"{path}@v1.1.0"]
    assert project.answers(policies=policies) == {"p@v1.0.0": "v1.0.0 api", "p@v1.1.0": "v1.1.0 api"}
