"""Project settings as a YAML file. Nobody else imports `yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from streams.contracts.settings import ProjectSettings
from streams.errors import ConfigurationError
from streams.settings import parse_document

__all__ = ["read_document", "read_settings"]


def read_settings(path: str | Path) -> dict[str, ProjectSettings]:
    """The projects of a settings file.

    Raises:
        ConfigurationError: the file is not there, is no YAML, or says something that settings can't say; with line and
            column, or with the path of every problem.
    """
    where = f"Settings file {path}"
    return parse_document(read_document(path, where), where)


def read_document(path: str | Path, where: str) -> Any:
    """What a YAML file says; an empty one says None.

    Raises:
        ConfigurationError: the file, which `where` names, is not there or is no YAML.
    """
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError([f"cannot be read: {error.strerror}"], where) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"expected YAML; {' '.join(str(error).split())}"], where) from None
