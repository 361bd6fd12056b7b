"""Functions and worker classes by name: what another process can find again, and what is known of it here."""

from __future__ import annotations

import difflib
import importlib
import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path
from types import ModuleType
from typing import Any

from cron_actors.core.quotation import quote
from cron_actors.errors import SubmissionError, UnknownWorkError, WrongArgumentsError
from cron_actors.work import Worker, one_line

_ACCEPTED = "a function or Worker class of a module, or its name as text, module:name"
Work = str | Callable[..., object] | type[Worker]


@dataclass(frozen=True, kw_only=True)
class NamedWork:
    """A function or worker class that can be imported as ``name`` from ``module``, which is looked up in ``folder``."""

    module: str
    name: str
    folder: Path
    target: Callable[..., object] | type[Worker]

    @property
    def identifier(self) -> str:
        """The name of the job that its runs belong to."""
        return f"{self.module}.{self.name}"

    @property
    def worker(self) -> type[Worker] | None:
        """The worker class, None for a function."""
        return self.target if isinstance(self.target, type) and issubclass(self.target, Worker) else None

    @cached_property
    def _signature(self) -> inspect.Signature | None:
        try:
            return inspect.signature(self.target if self.worker is None else self.worker.perform)
        except (TypeError, ValueError):  # some built-in functions show none
            return None

    def check_arguments(self, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
        """Raise WrongArgumentsError if it cannot be called with them."""
        signature = self._signature
        if signature is None:
            return
        own = () if self.worker is None else (None,)
        try:
            signature.bind(*own, *args, **kwargs)
        except TypeError as error:
            number = len(args) + len(kwargs)
            found = f"{number} argument{'' if number == 1 else 's'}"
            raise WrongArgumentsError(
                f"{self.identifier}: found {found}, {error}; accepted: {_shown(signature, bool(own))}"
            ) from None


def named_work(work: Work) -> NamedWork:
    """Return the work as another process will find it; raises UnknownWorkError if it will not."""
    if isinstance(work, str):
        return _by_name(work)
    module: object = getattr(work, "__module__", None)
    name: object = getattr(work, "__qualname__", None)
    if not (isinstance(module, str) and isinstance(name, str)):
        raise UnknownWorkError(f"work: found {quote(work)}; accepted: {_ACCEPTED}")
    if "<" in name:
        kind = "a lambda" if name.endswith("<lambda>") else f"{quote(name.rpartition('.')[2])}, defined in a function"
        raise UnknownWorkError(f"work: found {kind}, which no other process can import; accepted: {_ACCEPTED}")
    if module == "__main__":
        return _of_program(work, name)
    found: object = None
    with suppress(KeyError, AttributeError):
        found = reduce(getattr, name.split("."), sys.modules[module])
    if found is not work:
        raise UnknownWorkError(f"work: {module}:{name} is something else than what was given; accepted: {_ACCEPTED}")
    return NamedWork(module=module, name=name, folder=_folder(sys.modules[module], module), target=work)


def _by_name(text: str) -> NamedWork:
    module, colon, name = text.partition(":")
    if not colon or not all(part.isidentifier() for part in [*module.split("."), *name.split(".")]):
        raise UnknownWorkError(f"work: found {quote(text)}; accepted: {_ACCEPTED}")
    found = _imported(module)
    target: Any = found
    for part in name.split("."):
        if not hasattr(target, part):
            close = difflib.get_close_matches(part, [known for known in dir(target) if known[0] != "_"], n=1)
            hint = f", did you mean {quote(close[0])}?" if close else ""
            raise UnknownWorkError(f"work: found {quote(text)}, but {quote(module)} has no {quote(part)}{hint}")
        target = getattr(target, part)
    if not callable(target):
        raise UnknownWorkError(f"work: found {quote(text)}, of type {type(target).__name__}; accepted: {_ACCEPTED}")
    return NamedWork(module=module, name=name, folder=_folder(found, module), target=target)


def _imported(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        needed_by = "" if error.name == module else f", which {quote(module)} needs"
        raise UnknownWorkError(f"work: there is no module {quote(error.name)}{needed_by}") from None
    except (Exception, SystemExit) as error:  # whatever the user's module does when it is imported
        why = f"{type(error).__qualname__}: {one_line(error)}"
        raise UnknownWorkError(f"work: the module {quote(module)} cannot be imported: {why}") from error


def _of_program(work: Callable[..., object], name: str) -> NamedWork:
    """Return work that the program itself defines, as the module that its file is."""
    program = sys.modules["__main__"]
    spec = getattr(program, "__spec__", None)
    file = getattr(program, "__file__", None)
    if spec is not None and file is not None:  # python -m
        module = spec.name.removesuffix(".__main__") if not spec.name.endswith("__main__") else spec.name
        return NamedWork(module=module, name=name, folder=_folder(program, module), target=work)
    if file is None or Path(file).suffix != ".py" or not Path(file).stem.isidentifier():
        raise UnknownWorkError(f"work: found {quote(name)} of a program without a module; accepted: {_ACCEPTED}")
    return NamedWork(
        module=Path(file).stem,
        name=name,
        folder=_usable(Path(file).resolve().parent, "the folder of the program"),
        target=work,
    )


def _folder(module: ModuleType, name: str) -> Path:
    """Return where the module is looked up: the working directory, unless it is the user's own and lies elsewhere."""
    file = getattr(module, "__file__", None)
    if file is None:
        return working_directory()
    root = Path(os.path.abspath(file)).parents[name.count(".") + (Path(file).stem == "__init__")]  # noqa: PTH100 - as it is imported
    installed = any(root.is_relative_to(prefix) for prefix in {sys.prefix, sys.base_prefix})
    return working_directory() if installed else _usable(root, f"the folder of the module {quote(name)}")


def working_directory() -> Path:
    """Return the working directory, as the jobs of this process see it; raises SubmissionError if it is none."""
    try:
        return _usable(Path(os.getcwd()), "the working directory")  # noqa: PTH109 - as above
    except OSError as error:
        raise SubmissionError(f"the working directory cannot be used: {error.strerror}") from None


def _usable(folder: Path, what: str) -> Path:
    """Return the folder, unless its name cannot be stored."""
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        raise SubmissionError(f"{what}: found {quote(str(folder))}; accepted: one whose name is UTF-8") from None
    return folder


def _shown(signature: inspect.Signature, bound: bool) -> str:  # noqa: FBT001 - of a method or not
    parameters = list(signature.parameters.values())[1 if bound else 0 :]
    return str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
