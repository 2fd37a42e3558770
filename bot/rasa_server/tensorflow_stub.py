"""A stand-in for TensorFlow, so that Rasa starts without its 2 GB.

Rasa imports ``tensorflow`` and ``keras`` to define classes of components that our ``config.yml`` does not
name. The finder below answers for these names with empty modules whose attributes are empty classes: good as
a base class, an annotation or a decorator, and nothing else. It steps aside where TensorFlow is really
installed, so DIET stays possible.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

NAMES = (
    "tensorflow",
    "tensorflow_addons",
    "tensorflow_hub",
    "tensorflow_text",
    "tensorflow_probability",
    "keras",
)


class MissingTensorFlow(RuntimeError):
    """Somebody used what TensorFlow would have given."""


class _Meta(type):
    """Classes whose attributes are stand-ins too (``tf.keras.layers.Layer``), and which decorate without
    effect."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _make(f"{cls.__qualname__}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.__dict__.get("_is_stand_in"):
            if len(args) == 1 and not kwargs and callable(args[0]):
                return args[0]  # used as a decorator
            if _importing():
                return cls  # a decorator with arguments, or a default value made while a module is defined
            raise _error(cls.__qualname__)
        if any(base.__dict__.get("_is_stand_in") for base in cls.__mro__[1:]):
            raise _error(cls.__qualname__)
        return super().__call__(*args, **kwargs)


def _error(name: str) -> MissingTensorFlow:
    return MissingTensorFlow(
        f"This installation has no TensorFlow; '{name}' needs it. Take the component out of config.yml, or install TensorFlow."
    )


def _importing() -> bool:
    """Whether some module is being executed for the first time further up the stack."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_globals.get("__name__") != "__main__":
            return True
        frame = frame.f_back
    return False


def _make(name: str) -> type:
    return _Meta(name, (), {"_is_stand_in": True, "__class_getitem__": classmethod(lambda cls, _item: cls)})


class _Module(ModuleType):
    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = "2.12.0" if name == "VERSION" else _make(f"{self.__name__}.{name}")
        setattr(self, name, made)
        return made


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> Any:
        if name.split(".")[0] in NAMES:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        return None


def install() -> bool:
    """Put the stand-in in front, once. Returns ``False`` where the real TensorFlow is installed."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return True
    if importlib.util.find_spec("tensorflow") is not None:
        return False
    sys.meta_path.insert(0, _Finder())
    return True
