"""
The user's Docker configuration: https://docs.docker.com/reference/cli/docker/#docker-cli-configuration-file-configjson-properties.
"""

from __future__ import annotations

import json
import logging
from typing import Any, NamedTuple

from policy_tasks.errors import PolicyTasksError, RegistryError
from policy_tasks.printable import printable
from policy_tasks.regular_file import read_regular

log = logging.getLogger(__name__)


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

    def passed_over(self, why: str) -> DockerConfig:
        """
        This one, and a warning.
        """
        log.warning("the Docker configuration %s is not used: %s", self.file, printable(why))
        return self

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
    The configuration, which is empty where there is no file, or one that is passed over with a warning, as Docker does it: who
    needs no credentials is not stopped. Raises `RegistryError` for what is no file.
    """
    from docker.utils.config import find_config_file

    config = DockerConfig(str(find_config_file() or ""), {})
    if not config.file:
        return config
    try:
        # An empty one has nothing, for Docker as well.
        values = json.loads(read_regular(config.file).strip() or b"{}")
    except PermissionError as error:
        return config.passed_over(error.strerror or str(error))
    except OSError as error:
        raise config.error(error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        return config.passed_over(f"it is no JSON: {error}")
    return config._replace(values=values) if isinstance(values, dict) else config.passed_over("it is no mapping")
