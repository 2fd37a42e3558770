"""The stand-in for TensorFlow: good for importing, loud when used."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from bot.settings import ROOT


def in_python(code: str, *path: Path) -> str:
    """Run ``code`` in a process of its own: the stand-in changes how modules are found."""
    inserted = "".join(f"import sys; sys.path.insert(0, {str(folder)!r})\n" for folder in path)
    done = subprocess.run(
        [sys.executable, "-c", inserted + textwrap.dedent(code)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_lets_classes_be_defined() -> None:
    code = """
        from bot.rasa_server import tensorflow_stub
        assert tensorflow_stub.install() and tensorflow_stub.install()
        import tensorflow as tf
        import tensorflow_addons as tfa
        from tensorflow.keras import layers
        class Mine(tf.keras.layers.Layer):
            @tf.function
            def call(self, x: tf.Tensor) -> tf.Tensor:
                return x
        print(Mine.__name__, callable(Mine.call))
    """
    assert in_python(code) == "Mine True"


def test_whoever_uses_it_is_told_plainly() -> None:
    code = """
        from bot.rasa_server import tensorflow_stub
        tensorflow_stub.install()
        import tensorflow as tf
        for use in (lambda: tf.constant(1), lambda: type("Mine", (tf.keras.Model,), {})()):
            try:
                use()
            except tensorflow_stub.MissingTensorFlow as error:
                print("no TensorFlow" in str(error), "config.yml" in str(error))
    """
    assert in_python(code).split() == ["True"] * 4


def test_it_steps_aside_for_the_real_one(tmp_path: Path) -> None:
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow" / "__init__.py").write_text("REAL = True\n")
    code = """
        from bot.rasa_server import tensorflow_stub
        installed = tensorflow_stub.install()
        import tensorflow
        print(installed, tensorflow.REAL)
    """
    assert in_python(code, tmp_path) == "False True"


def test_other_missing_modules_stay_missing() -> None:
    code = """
        from bot.rasa_server import tensorflow_stub
        tensorflow_stub.install()
        try:
            import tensorflow_of_another_kind
        except ModuleNotFoundError:
            print("missing")
    """
    assert in_python(code) == "missing"
