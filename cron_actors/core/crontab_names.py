"""Identifiers for the entries of a crontab: the name of the program that does the work, counted where it comes again.

What a command only prepares, checks or wraps (``cd``, ``test``, ``flock``, ``nice``, an interpreter) names nothing.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from cron_actors.core.identifiers import folded_identifier

_READ_AT_MOST = 1_000  # characters; enough of a command to name it
_MOST_BYTES = 60
_DEEPEST = 3
_NO_NAME = "job"

_PREPARATIONS = {"cd", "test", "[", "[[", "command", "type", "which", ".", "source", "export", "unset", "set", "umask"}
_PREPARATIONS |= {"ulimit", "sleep", "true", "false", ":", "exit", "return", "wait", "break", "trap", "shift", "fi"}
_PREPARATIONS |= {"done", "esac", "case", "for", "echo", "mkdir", "logger", "}"}
_KEYWORDS = {"if", "then", "else", "elif", "while", "until", "do", "!", "{"}
# Programs that run the rest of their words: their options that take a value, and how many words come before the rest.
_WRAPPERS: dict[str, tuple[str, int]] = {
    "chronic": ("", 0),
    "cronic": ("", 0),
    "doas": ("u", 0),
    "env": ("uC", 0),
    "eval": ("", 0),
    "exec": ("a", 0),
    "flock": ("wE", 1),
    "ionice": ("cnp", 0),
    "nice": ("n", 0),
    "nohup": ("", 0),
    "run-one": ("", 0),
    "runuser": ("u", 0),
    "setsid": ("", 0),
    "stdbuf": ("ioe", 0),
    "sudo": ("ug", 0),
    "su": ("s", 1),
    "systemd-cat": ("tp", 0),
    "time": ("fo", 0),
    "timeout": ("ks", 1),
}
_INTERPRETER = re.compile(r"(?:ba|da|z|k|a)?sh|python[0-9.]*|perl|ruby|php[0-9.]*|node|nodejs|java|lua|tclsh|Rscript")
_SCRIPT = re.compile(r"\.(?:sh|bash|py|pl|rb|php|js|jar|lua|R)$")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_SEPARATORS = set("();|&\n")


class Names:
    """Gives each entry an identifier of its own, in the order of the entries; ``prefix`` stands in front of all."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}

    def take(self, command: str) -> str:
        """Return the identifier for the next entry, which runs ``command``."""
        name = self._prefix + program_name(command)
        identifier, folded = name, folded_identifier(name)
        count = self._counts.get(folded, 1)
        while folded_identifier(identifier) in self._taken:
            count += 1
            identifier = f"{name}-{count}"
        self._counts[folded] = count
        self._taken.add(folded_identifier(identifier))
        return identifier


def program_name(command: str) -> str:
    """Return the name of the program that does the work of a shell's command, safe as the name of a file.

    >>> program_name("cd /srv && nice -n 19 /usr/bin/python3 bin/backup.py --all > /dev/null")
    'backup'
    """
    return _worker(command[:_READ_AT_MOST], _DEEPEST) or _NO_NAME


def _worker(command: str, depth: int) -> str:
    """Return the name of the first program that does more than prepare, else of the first."""
    first = ""
    for words in _simple_commands(command):
        found, prepares = _named(words, depth)
        name = _safe(found)
        if name and not prepares:
            return name
        first = first or name
    return first


def _simple_commands(command: str) -> Iterator[list[str]]:
    words: list[str] = []
    for word in _words(command):
        if word and set(word) <= _SEPARATORS:
            yield words
            words = []
        else:
            words.append(word)
    yield words


def _words(command: str) -> list[str]:
    lexer = shlex.shlex(command, posix=True, punctuation_chars="();|&\n")
    lexer.whitespace_split = True
    lexer.whitespace = " \t\r"
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:  # a quote that is not closed, maybe because we read only the beginning
        return command.split()


def _named(words: list[str], depth: int) -> tuple[str, bool]:
    """Return the name of the program that these words run, and whether it only prepares."""
    while words and (words[0] in _KEYWORDS or _ASSIGNMENT.fullmatch(words[0])):
        words = words[1:]
    if not words:
        return "", True
    name, rest = _base(words[0]), words[1:]
    if name in _WRAPPERS:
        taking, before = _WRAPPERS[name]
        inner = _inside(rest, taking, before, depth)
        return (inner or name), not inner
    if _INTERPRETER.fullmatch(name):
        inner = _inside(rest, "dW", 0, depth, script=True)
        return (inner or name), not inner
    if name == "run-parts":
        folders = [word for word in rest if not word.startswith("-")]
        return (_base(folders[-1]) if folders else name), False
    return name, name in _PREPARATIONS


def _inside(words: list[str], taking: str, before: int, depth: int, *, script: bool = False) -> str:
    """Return the name of what a wrapper, or an interpreter with a ``script``, runs; "" if that cannot be told."""
    while words and (words[0].startswith("-") or before > 0 or _ASSIGNMENT.fullmatch(words[0])):
        word, words = words[0], words[1:]
        if not word.startswith("-"):
            before -= not _ASSIGNMENT.fullmatch(word)
        elif re.fullmatch("-[a-z]*c", word) and "c" not in taking:
            return _worker(words[0], depth - 1) if words and depth else ""
        elif script and word in ("-e", "-r"):
            return ""
        elif script and word == "-m":
            return words[0].rpartition(".")[2] if words else ""
        elif len(word) == len("-x") and word[1] in taking:
            words = words[1:]
    if script:
        return _base(words[0]) if words else ""
    return _named(words, depth - 1)[0] if depth else ""


def _base(word: str) -> str:
    return word.rstrip("/").rpartition("/")[2]


def _safe(name: str) -> str:
    plain = re.sub(r"[^\w.+-]+", "-", _SCRIPT.sub("", name)).strip("-._")
    return plain.encode()[:_MOST_BYTES].decode(errors="ignore").strip("-._")
