"""Project settings as a YAML file."""

from __future__ import annotations

from pathlib import Path

import yaml

from streams.contracts.settings import ProjectSettings
from streams.errors import ConfigurationError
from streams.settings import parse_document

__all__ = ["read_settings"]


def read_settings(path: str | Path) -> dict[str, ProjectSettings]:
    """The projects of a settings file.

    Raises:
        ConfigurationError: the file is not there, is no YAML, or says something that settings can't say; with line and
            column, or with the path of every problem.
    """
    where = f"Settings file {path}"
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError([f"cannot be read: {error.strerror}"], where) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"expected YAML; {' '.join(str(error).split())}"], where) from None
    return parse_document(document, where)
