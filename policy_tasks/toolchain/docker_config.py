"""
The user's Docker configuration: https://docs.docker.com/reference/cli/docker/#docker-cli-configuration-file-configjson-properties.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from policy_tasks.errors import PolicyTasksError, RegistryError
from policy_tasks.printable import printable
from policy_tasks.regular_file import read_regular


class DockerConfig(NamedTuple):
    """
    The file, and what it has.
    """

    file: str
    values: dict[str, Any]

    def mapping(self, key: str) -> dict[str, Any]:
        """
        The mapping that is the value of this key; an empty one where there is none. Raises `RegistryError` for what is none.
        """
        found = self.values.get(key) or {}
        if not isinstance(found, dict):
            raise self.error(f"{key} is no mapping")
        return found

    def error(self, why: str) -> PolicyTasksError:
        """
        The error for a configuration that has something else than Docker writes there.
        """
        return RegistryError.of(
            "the Docker configuration cannot be used",
            where=self.file,
            why=printable(why),
            fix="correct that file, or move it away and log in anew with docker login",
        )


def read_config() -> DockerConfig:
    """
    The configuration, which is empty where there is no file. Raises `RegistryError` where it cannot be read.
    """
    from docker.utils.config import find_config_file

    config = DockerConfig(str(find_config_file() or ""), {})
    if not config.file:
        return config
    try:
        # An empty one has nothing, for Docker as well.
        values = json.loads(read_regular(config.file).strip() or b"{}")
    except OSError as error:
        raise config.error(error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        raise config.error(f"it is no JSON: {error}") from None
    if not isinstance(values, dict):
        raise config.error("it is no mapping")
    return config._replace(values=values)
