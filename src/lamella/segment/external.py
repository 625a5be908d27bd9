"""Anyone's model as a segmenter: a Python function that the user names."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

import numpy as np
from pydantic import Field, JsonValue

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.step import Reach, Step


class External(Step):
    """Call a function on every frame and take the labels that it returns.

    Parameters
    ----------
    function : str
        ``package.module:function`` or ``path/to/file.py:function``. It is called with one frame,
        (Y, X), and returns labels, (Y, X) integers or bool. With `before` or `after` it is called
        with the frames around it, (before + 1 + after, Y, X), and returns the labels of the middle
        one; past the ends of the movie the first or last frame is repeated.
    arguments : mapping
        Passed on by name.
    before, after : int
        Frames of context.
    """

    version: ClassVar[int] = 1
    scale_free: ClassVar[bool] = False
    method: Literal["external"] = "external"
    function: str = Field(pattern=r"^.+:\w+$")
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    before: int = Field(0, ge=0)
    after: int = Field(0, ge=0)

    @property
    def reach(self) -> Reach:
        return Reach(self.before, self.after)

    def __call__(self, frames: Frames, *, state: None = None) -> Frames:
        """Labels of every frame, (T, Y, X) uint32."""
        function = self.load()

        def labels_of(t: int) -> Image:
            shown = frames.frame(t)
            if self.before or self.after:
                first, last = frames.span.start, frames.span.stop - 1
                around = range(t - self.before, t + self.after + 1)
                shown = np.stack([frames.frame(min(max(s, first), last)) for s in around])
            try:
                result = function(shown, **self.arguments)
            except (Exception, SystemExit) as error:  # sys.exit() must not end the run
                raise InputError(
                    self.function,
                    f"frame {t}: it raised {type(error).__name__}: {error}",
                    "mend the function, or its arguments in the settings",
                ) from error
            return self._checked(result, frames.frame_shape, t)

        return MappedFrames(frames, labels_of, dtype=np.uint32)

    def load(self) -> Callable[..., Any]:
        """The function itself.

        Raises
        ------
        SettingsError
            When the module or file cannot be imported, or has no such function.
        """
        place, _, name = self.function.rpartition(":")
        try:
            if place.endswith(".py"):
                spec = importlib.util.spec_from_file_location(Path(place).stem, place)
                # A path that ends in .py always has a spec with a loader.
                module = importlib.util.module_from_spec(cast(ModuleSpec, spec))
                cast(Loader, module.__loader__).exec_module(module)
            else:
                module = importlib.import_module(place)
            function: Callable[..., Any] = getattr(module, name)
        except (Exception, SystemExit) as error:  # importing runs the user's code
            raise SettingsError(
                f"function = {self.function!r}",
                f"it cannot be loaded ({type(error).__name__}: {error})",
                "give module:function or path/to/file.py:function",
            ) from error
        return function

    def _checked(self, result: Any, frame_shape: tuple[int, int], t: int) -> Image:
        labels = np.asarray(result)
        if labels.shape != frame_shape or labels.dtype.kind not in "uib":
            raise InputError(
                self.function,
                f"frame {t}: it returned {labels.dtype} of shape {labels.shape}",
                f"return integer labels of shape {frame_shape}",
            )
        if labels.dtype.kind == "i" and labels.min(initial=0) < 0:
            raise InputError(
                self.function, f"frame {t}: it returned negative labels", "return 0 for background"
            )
        checked: Image = labels.astype(np.uint32)
        return checked
