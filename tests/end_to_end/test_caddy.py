"""
Caddy as a core of one's own, with two plugins of other people.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from benchmarks.caddy import PLUGINS, write_project
from policy_tasks import compile, load_settings
from policy_tasks.model import Binary

pytestmark = pytest.mark.needs("go", "proxy")


@pytest.fixture(scope="module")
def caddy(tmp_path_factory: pytest.TempPathFactory) -> Binary:
    """Caddy, built and locked."""
    root = tmp_path_factory.mktemp("caddy")
    write_project(root)
    compile(load_settings(root, update=True))
    return compile(load_settings(root, locked=True, offline=True))


def test_it_lists_the_plugins_with_their_versions(caddy: Binary) -> None:
    """Caddy itself says that both plugins are there, and in which version."""
    command = [str(caddy.path), "list-modules", "--packages", "--versions"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for plugin, name in zip(PLUGINS, ("dns.providers.cloudflare", "http.handlers.rate_limit"), strict=True):
        module, _, version = plugin.partition("@")
        assert f"{name} {version} {module}" in listed


def test_it_serves_with_a_plugin(caddy: Binary, tmp_path: Path) -> None:
    """A configuration that uses the rate limiter is served: two requests pass, the third is refused."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    limit = {"handler": "rate_limit", "rate_limits": {"all": {"window": "1m", "max_events": 2, "key": "one"}}}
    routes = [{"handle": [limit, {"handler": "static_response", "body": "hello"}]}]
    server = {"listen": [f"127.0.0.1:{port}"], "routes": routes, "automatic_https": {"disable": True}}
    config = {"admin": {"disabled": True}, "apps": {"http": {"servers": {"one": server}}}}
    (tmp_path / "caddy.json").write_text(json.dumps(config))
    env = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    process = subprocess.Popen(
        [caddy.path, "run", "--config", tmp_path / "caddy.json"], stderr=subprocess.PIPE, env=env
    )
    try:
        statuses: list[int] = []
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                    statuses.append(answer.status)
            except urllib.error.HTTPError as error:
                statuses.append(error.code)
            except OSError:
                time.sleep(0.05)
            if len(statuses) == 3:
                break
        assert statuses == [200, 200, 429]
    finally:
        process.kill()
        process.communicate()


def test_the_bill_has_caddy_and_what_it_stands_on(caddy: Binary) -> None:
    """The plugins, Caddy and all that is linked in are in the bill, with what each requires."""
    assert caddy.sbom
    bill = json.loads(caddy.sbom.read_text())
    components = {each["name"]: each for each in bill["components"]}
    assert len(components) > 80
    plugin = components["github.com/mholt/caddy-ratelimit"]
    assert plugin["version"] == "v0.1.0"
    edges = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    assert components["github.com/caddyserver/caddy/v2"]["bom-ref"] in edges[plugin["bom-ref"]]
