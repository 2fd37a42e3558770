"""A YAML file read both as nodes, which know their lines, and as values; and how a fault in it is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path, faults: list[str]) -> tuple[yaml.Node | None, Any] | None:
    """A file as nodes, which know their lines, and as values; ``None`` if it cannot be read, with the
    fault noted."""
    try:
        text = path.read_text(encoding="utf-8")
        return yaml.compose(text, Loader=_LOADER), yaml.load(text, Loader=_LOADER)  # noqa: S506
    except OSError as error:
        faults.append(f"{path.name}: cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        faults.append(f"{path.name}: is not written in UTF-8")
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        faults.append(
            f"{path.name}:{mark.line + 1 if mark else 1}: {getattr(error, 'problem', None) or error}"
        )
    return None


def fault_line(path: Path, node: yaml.MappingNode, name: str, problem: Any) -> str:
    """One line for one fault, at the line of the field where it has one."""
    field = str(problem["loc"][0]) if problem["loc"] else ""
    line = next((key.start_mark.line for key, _ in node.value if key.value == field), node.start_mark.line)
    return ": ".join(
        part
        for part in (f"{path.name}:{line + 1}", name, field, problem["msg"].removeprefix("Value error, "))
        if part
    )
