"""What the sources may not do, read from their syntax: docs/security.md promises it."""

import ast
from functools import cache
from pathlib import Path

import pytest

import lamella

SOURCES = Path(lamella.__file__).parent

# Modules that run what a file says, or whose ordinary use does.
_FORBIDDEN_MODULES = {
    "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "code",
    "codeop", "yaml", "ruamel", "pty", "commands", "xmlrpc", "telnetlib", "ftplib", "smtplib",
    "http.server", "socketserver", "wsgiref", "flask", "aiohttp", "requests", "urllib3", "httpx",
    "xml.sax.handler", "xml.sax.expatreader", "xml.dom", "lxml", "tarfile", "runpy", "webbrowser",
}  # fmt: skip
_FORBIDDEN_NAMES = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
_FORBIDDEN_CALLS = {
    "os.system", "os.popen", "os.execv", "os.execve", "os.execvp", "os.spawnv", "os.spawnl",
    "os.startfile", "subprocess.getoutput", "subprocess.getstatusoutput", "shutil.unpack_archive",
    "pd.read_pickle", "pandas.read_pickle", "pd.read_html", "pd.read_xml", "pd.eval",
    "np.fromregex", "tempfile.mktemp", "torch.hub.load", "torch.package.PackageImporter",
    "urllib.request.urlopen", "urllib.request.urlretrieve", "socket.socket",
    "xml.sax.parse", "xml.sax.parseString",
}  # fmt: skip
_FORBIDDEN_METHODS = {"extractall", "extract", "to_pickle", "set_trace", "bind"}

# What is done all the same, each with the reason. A line that goes must go here, too.
EXCEPTIONS = {
    ("segment/external.py", "importlib.import_module"): "the user names a function of his own",
    ("io/xml_text.py", "fromstring"): "what declares a document type is refused before",
    ("run/chunks/states.py", "np.load"): "with allow_pickle=False",
    ("run/chunks/rows.py", "np.load"): "with allow_pickle=False",
    ("run/chunks/states.py", "importlib.import_module"): "our own modules, for classes of values",
    ("run/executors/slurm.py", "subprocess.run"): "SLURM's programs, by a list, without shell",
    ("io/bioio.py", "importlib.import_module"): "readers of bioio, by a table of names",
    ("io/trackmate/parse.py", "iterparse"): "that of defusedxml",
    ("segment/external.py", "exec_module"): "the user names a function of his own",
    ("run/learn/training.py", "subprocess.Popen"): "our own module, by this Python, without shell",
    ("nets/weights.py", "torch.load"): "with weights_only: tensors alone, in their own unpickler",
    ("run/learn/proposal.py", "np.load"): "with allow_pickle=False",
    ("nets/cellpose/installation.py", "importlib.import_module"): "modules of cellpose, by name",
    ("__init__.py", "import_module"): "our own modules, by a table of names",
    ("run/browse/__init__.py", "import_module"): "our own modules, by a table of names",
}
_PARSES_XML = {"fromstring", "fromstringlist", "iterparse", "XML", "XMLParser", "XMLPullParser"}
_ONLY_IF_REASONED = {
    "importlib.import_module", "import_module", "exec_module", "subprocess.Popen", "subprocess.run",
    "subprocess.call", "subprocess.check_call", "subprocess.check_output", "torch.load", "np.load",
    "numpy.load",
}  # fmt: skip


def dotted(node):
    """``a.b.c`` of a call's function; begins with … where that is more than a name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "…")
    return ".".join(reversed(parts))


def findings(tree):
    """Everything in a file that needs an answer: line, what, and whether a reason may excuse it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            base = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named = [alias.name for alias in node.names]
            whole = [*(f"{b}.{n}" for b in base for n in named), *base] if base else named
            for module in whole:
                parts = module.split(".")
                prefixes = {".".join(parts[: i + 1]) for i in range(len(parts))}
                if prefixes & _FORBIDDEN_MODULES and not getattr(node, "level", 0):
                    yield node.lineno, f"import {module}", False
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        last = name.rpartition(".")[2]
        keywords = {k.arg: k.value for k in node.keywords}
        if name in _FORBIDDEN_NAMES or name in _FORBIDDEN_CALLS or last in _FORBIDDEN_METHODS:
            yield node.lineno, name, False
        if last in _PARSES_XML:
            yield node.lineno, last, True
        shell = keywords.get("shell")
        if shell is not None and not (isinstance(shell, ast.Constant) and shell.value is False):
            yield node.lineno, f"{name}(shell=…)", False
        for option, wanted in (("allow_pickle", False), ("weights_only", True)):
            value = keywords.get(option)
            if value is not None and not (
                isinstance(value, ast.Constant) and value.value is wanted
            ):
                yield node.lineno, f"{name}({option}=…)", False
        if name in ("Image.open", "Pillow.open") and "formats" not in keywords:
            yield node.lineno, f"{name} without formats", False
        if last == "Environment" and "autoescape" not in keywords:
            yield node.lineno, f"{name} without autoescape", False
        if name in _ONLY_IF_REASONED or last == "exec_module":
            said = "exec_module" if last == "exec_module" else name
            yield node.lineno, said, True
            needed = {"torch.load": "weights_only", "np.load": "allow_pickle"}.get(name)
            if needed and needed not in keywords:
                yield node.lineno, f"{name} without {needed}", False


@cache
def everything():
    """File, line, what, excusable: of all sources."""
    found = []
    for path in sorted(SOURCES.rglob("*.py")):
        where = path.relative_to(SOURCES).as_posix()
        for line, what, excusable in findings(ast.parse(path.read_text(encoding="utf-8"))):
            found.append((where, line, what, excusable))
    return found


def test_no_file_runs_what_another_file_says():
    faults = [
        f"{where}:{line}: {what}"
        for where, line, what, excusable in everything()
        if not (excusable and (where, what) in EXCEPTIONS)
    ]
    assert not faults, "\n".join(faults)


def test_every_exception_is_needed():
    assert set(EXCEPTIONS) <= {(where, what) for where, _, what, _ in everything()}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from pickle import loads", "import yaml", "eval('1')",
        "import os\nos.system('x')",
        "exec('x')", "import subprocess\nsubprocess.run('ls', shell=True)",
        "np.load(f, allow_pickle=True)",
        "torch.load(f)", "Image.open(f)", "torch.load(f, weights_only=False)",
        "ET.fromstring(text)",
        "iterparse(file)", "z.extractall(p)", "import tarfile", "pd.read_pickle(f)",
        "import http.server", "Environment(loader=x)", "__import__('os')", "s.bind(('', 80))",
    ],
)  # fmt: skip
def test_what_is_looked_for_is_found(source):
    assert any(True for _ in findings(ast.parse(source)))
