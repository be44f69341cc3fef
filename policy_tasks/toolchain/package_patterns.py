"""
Which packages of a module are asked about: their import paths, by the rules of `go list ./...`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from policy_tasks.errors import PolicyError
from policy_tasks.toolchain.go_command import Go
from policy_tasks.toolchain.go_graph import GraphModule

# A part of an import path.
_IMPORTABLE = re.compile(r"(?!-|.*(\.|~\d+)$)(?!.*\.\.\.)[\w.~+-]+", re.ASCII)


def patterns(module: GraphModule, go: Go) -> Iterator[str]:
    """
    The import path of every folder with Go files: `./...` would drop those whose files are all excluded.

    Raises `PolicyError` for one that nobody can import.
    """
    if module.helper:
        return
    for folder in sorted({name.rpartition("/")[0] for name in module.source.files if name.endswith(".go")}):
        if _is_ignored(folder, module.go_mod.ignores) or (module.remote and not _is_importable(folder)):
            continue
        yield _import_path(module, folder, go)


def _is_ignored(folder: str, ignores: tuple[str, ...]) -> bool:
    """
    Whether `go list ./...` would pass it by: https://go.dev/ref/mod#go-mod-file-ignore.
    """
    parts = tuple(filter(None, folder.split("/")))
    if any(part.startswith((".", "_")) or part in ("testdata", "vendor") for part in parts):
        return True
    for ignore in ignores:
        wanted = PurePosixPath(ignore).parts
        starts = [0] if ignore.startswith("./") else range(len(parts))
        if any(parts[start : start + len(wanted)] == wanted for start in starts):
            return True
    return False


def _is_importable(folder: str) -> bool:
    """
    Whether a folder's name may be part of an import path: https://pkg.go.dev/golang.org/x/mod/module#CheckImportPath.
    """
    return not folder or all(_IMPORTABLE.fullmatch(part) for part in folder.split("/"))


def _import_path(module: GraphModule, folder: str, go: Go) -> str:
    path = f"{module.go_mod.path}/{folder}".rstrip("/")
    if "..." in path or "@" in path:
        raise PolicyError.of(
            f"{path} cannot be imported",
            where=module.source.directory / folder,
            why="an import path cannot hold ... or @",
            fix="rename the folder",
        )
    if "." not in path.split("/", maxsplit=1)[0] and (Path(go.environment["GOROOT"]) / "src" / path).is_dir():
        raise PolicyError.of(
            f"the module path {module.go_mod.path} is taken",
            where=module.source.directory / "go.mod",
            why=f"{path} is a package of Go's standard library",
            fix="put a domain before it, such as example.com/" + module.go_mod.path,
        )
    return path
